// Package debug is the debug adapter: it answers the requests of the Debug Adapter Protocol that a front end sends in
// debug_request messages (Jupyter messaging, "Debug request"; microsoft.github.io/debug-adapter-protocol).
//
// The code that is debugged carries probes (package lower); package rt stops it. While nothing is attached, only the
// requests of the variable explorer are of use: inspectVariables, richInspectVariables, variables, debugInfo, modules.
package debug

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"lyceum/kernel/display"
	"lyceum/kernel/session"
	"lyceum/kernel/session/rt"
)

// Session is what the adapter needs of a session.
type Session interface {
	StartDebug(path func(code string) string, onStop func(thread int, reason string))
	StopDebug()
	Variables() []session.Variable
	Rich(session.Variable) display.Bundle
	CopyToGlobals(name string, v session.Variable) *session.Error
	EvaluateIn(expr string, locals []session.Variable, out display.Output) (display.Bundle, *session.Error)
}

// seed and the prefix and suffix make the path of a cell of its text, here and in the front end.
const (
	seed   = 0x4c594345
	suffix = ".go"
)

// An Adapter answers one front end after the other.
type Adapter struct {
	s     Session
	event func(body map[string]any) // publishes a debug_event

	mu      sync.Mutex
	started bool
	inLab   bool // the front end is JupyterLab, whose tree of variables shows types in place of most values
	seq     int
	cells   map[string]string // path -> code
	breaks  map[string][]map[string]any
	refs    references
}

// New makes an adapter; event publishes the body of a debug_event.
func New(s Session, event func(map[string]any)) *Adapter {
	return &Adapter{s: s, event: event, cells: map[string]string{}, breaks: map[string][]map[string]any{}}
}

// prefix is the beginning of the paths of cells. No file is written: the front end asks for a source by its path.
func prefix() string {
	return filepath.Join(os.TempDir(), "lyceum_"+strconv.Itoa(os.Getpid())) + string(filepath.Separator)
}

func pathOf(code string) string {
	return prefix() + strconv.FormatUint(uint64(murmur2([]byte(code), seed)), 10) + suffix
}

// A Request is a request of the protocol.
type Request struct {
	Seq       int             `json:"seq"`
	Command   string          `json:"command"`
	Arguments json.RawMessage `json:"arguments"`
}

// Answer returns the response to a request.
func (a *Adapter) Answer(r Request, out display.Output) map[string]any {
	body, err := a.answer(r, out)
	a.mu.Lock()
	a.seq++
	res := map[string]any{"type": "response", "request_seq": r.Seq, "seq": a.seq, "command": r.Command, "success": err == nil}
	a.mu.Unlock()
	if body == nil {
		body = map[string]any{}
	}
	if err != nil {
		res["message"] = err.Error()
		body["error"] = map[string]any{"id": 1, "format": err.Error()}
	}
	res["body"] = body
	return res
}

// commands are the requests that the adapter answers.
var commands = map[string]func(*Adapter, arguments) (map[string]any, error){}

func init() {
	for name, f := range map[string]func(*Adapter, arguments) (map[string]any, error){
		"initialize": (*Adapter).initialize, "attach": (*Adapter).attach, "launch": (*Adapter).attach, "disconnect": (*Adapter).disconnect,
		"terminate": (*Adapter).disconnect, "configurationDone": nothing, "setExceptionBreakpoints": nothing, "setFunctionBreakpoints": nothing,
		"debugInfo": (*Adapter).debugInfo, "dumpCell": (*Adapter).dumpCell, "source": (*Adapter).source, "setBreakpoints": (*Adapter).setBreakpoints,
		"threads": (*Adapter).threads, "stackTrace": (*Adapter).stackTrace, "scopes": (*Adapter).scopes, "variables": (*Adapter).variables,
		"continue": (*Adapter).resume, "next": (*Adapter).next, "stepIn": (*Adapter).stepIn, "stepOut": (*Adapter).stepOut, "pause": (*Adapter).pause,
		"evaluate": (*Adapter).evaluate, "inspectVariables": (*Adapter).inspectVariables, "richInspectVariables": (*Adapter).richInspect,
		"copyToGlobals": (*Adapter).copyToGlobals, "modules": (*Adapter).modules, "loadedSources": (*Adapter).loadedSources,
	} {
		commands[name] = f
	}
}

// arguments are those of all requests that the adapter looks at.
type arguments struct {
	out display.Output

	Code   string `json:"code"`
	Source struct {
		Path string `json:"path"`
	} `json:"source"`
	Breakpoints []struct {
		Line int `json:"line"`
	} `json:"breakpoints"`
	Lines        []int  `json:"lines"`
	ThreadID     int    `json:"threadId"`
	StartFrame   int    `json:"startFrame"`
	Levels       int    `json:"levels"`
	FrameID      int    `json:"frameId"`
	Reference    int    `json:"variablesReference"`
	Start        int    `json:"start"`
	Count        int    `json:"count"`
	Filter       string `json:"filter"`
	Expression   string `json:"expression"`
	VariableName string `json:"variableName"`
	SrcName      string `json:"srcVariableName"`
	DstName      string `json:"dstVariableName"`
	SrcFrame     int    `json:"srcFrameId"`
	StartModule  int    `json:"startModule"`
	ModuleCount  int    `json:"moduleCount"`
	ClientID     string `json:"clientID"`
	given        map[string]bool
}

func (a *Adapter) answer(r Request, out display.Output) (body map[string]any, err error) {
	defer func() {
		if p := recover(); p != nil {
			body, err = nil, fmt.Errorf("%s: the debugger failed: %v", r.Command, p)
		}
	}()
	f := commands[r.Command]
	if f == nil {
		return nil, fmt.Errorf("the debugger has no command %q", r.Command)
	}
	args := arguments{out: out, given: map[string]bool{}}
	if len(r.Arguments) > 0 && string(r.Arguments) != "null" {
		var names map[string]json.RawMessage
		if err := json.Unmarshal(r.Arguments, &args); err != nil {
			return nil, fmt.Errorf("%s: the arguments cannot be used: %v", r.Command, err)
		}
		json.Unmarshal(r.Arguments, &names)
		for n := range names {
			args.given[n] = true
		}
	}
	return f(a, args)
}

func nothing(*Adapter, arguments) (map[string]any, error) { return nil, nil }

func (a *Adapter) initialize(x arguments) (map[string]any, error) {
	a.mu.Lock()
	a.inLab = x.ClientID == "jupyterlab"
	a.mu.Unlock()
	a.event(map[string]any{"type": "event", "event": "initialized", "seq": a.nextSeq(), "body": map[string]any{}})
	return map[string]any{"supportsConfigurationDoneRequest": true, "supportsEvaluateForHovers": true, "supportsModulesRequest": true,
		"supportsLoadedSourcesRequest": true, "supportsTerminateRequest": true, "exceptionBreakpointFilters": []any{}}, nil
}

// attach begins to debug.
func (a *Adapter) attach(arguments) (map[string]any, error) {
	a.mu.Lock()
	a.started = true
	a.mu.Unlock()
	a.s.StartDebug(pathOf, func(thread int, reason string) {
		a.event(map[string]any{"type": "event", "event": "stopped", "seq": a.nextSeq(),
			"body": map[string]any{"threadId": thread, "reason": reason, "allThreadsStopped": false}})
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	for path, list := range a.breaks {
		rt.Trace.SetBreaks(path, linesOf(list))
	}
	return nil, nil
}

func (a *Adapter) nextSeq() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seq++
	return a.seq
}

// disconnect ends debugging; what is stopped goes on.
func (a *Adapter) disconnect(arguments) (map[string]any, error) {
	a.mu.Lock()
	a.started = false
	a.breaks = map[string][]map[string]any{}
	a.refs.reset()
	a.mu.Unlock()
	a.s.StopDebug()
	return nil, nil
}

// debugInfo says how cells and paths belong together, and what the debugger does.
func (a *Adapter) debugInfo(arguments) (map[string]any, error) {
	_, stopped := rt.Trace.Threads()
	a.mu.Lock()
	defer a.mu.Unlock()
	points := []any{}
	for path, list := range a.breaks {
		if len(list) > 0 {
			points = append(points, map[string]any{"source": path, "breakpoints": list})
		}
	}
	slices.Sort(stopped)
	if stopped == nil {
		stopped = []int{}
	}
	return map[string]any{"isStarted": a.started, "hashMethod": "Murmur2", "hashSeed": seed, "tmpFilePrefix": prefix(), "tmpFileSuffix": suffix,
		"breakpoints": points, "stoppedThreads": stopped, "richRendering": true, "exceptionPaths": []any{}, "copyToGlobals": true}, nil
}
