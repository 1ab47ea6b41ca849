package debug

import (
	"fmt"
	"path/filepath"
	"slices"

	"lyceum/kernel/session"
	"lyceum/kernel/session/rt"
)

// frameStride separates the frames of threads in frame identifiers: frame i of thread t is t*frameStride + i + 1.
const frameStride = 100_000

func (a *Adapter) threads(arguments) (map[string]any, error) {
	all, _ := rt.Trace.Threads()
	slices.Sort(all)
	list := []any{}
	for _, id := range all {
		list = append(list, map[string]any{"id": id, "name": fmt.Sprintf("goroutine %d", id)})
	}
	return map[string]any{"threads": list}, nil
}

func (a *Adapter) stackTrace(x arguments) (map[string]any, error) {
	calls := rt.Trace.Stack(x.ThreadID)
	if calls == nil {
		return nil, fmt.Errorf("stackTrace: thread %d is not stopped", x.ThreadID)
	}
	list := []any{}
	for i, c := range calls {
		if i < x.StartFrame || x.Levels > 0 && i >= x.StartFrame+x.Levels {
			continue
		}
		list = append(list, map[string]any{"id": x.ThreadID*frameStride + i + 1, "name": c.Name, "line": c.Site.Line, "column": 1,
			"source": map[string]any{"path": c.Site.File, "name": filepath.Base(c.Site.File)}})
	}
	return map[string]any{"stackFrames": list, "totalFrames": len(calls)}, nil
}

// call finds a frame.
func call(frame int) (rt.Call, error) {
	calls := rt.Trace.Stack((frame - 1) / frameStride)
	if i := (frame - 1) % frameStride; frame > 0 && i < len(calls) {
		return calls[i], nil
	}
	return rt.Call{}, fmt.Errorf("there is no stopped frame %d", frame)
}

func (a *Adapter) scopes(x arguments) (map[string]any, error) {
	c, err := call(x.FrameID)
	if err != nil {
		return nil, err
	}
	locals := session.Locals(c) // innermost block first; people read them as they are declared
	slices.SortStableFunc(locals, func(v, w session.Variable) int { return int(v.Local.Pos() - w.Local.Pos()) })
	a.mu.Lock()
	defer a.mu.Unlock()
	global := map[string]any{"name": "Globals", "presentationHint": "globals", "variablesReference": a.refs.add(globals{}), "expensive": false}
	local := map[string]any{"name": "Locals", "presentationHint": "locals", "variablesReference": a.refs.add(locals), "expensive": false}
	if len(locals) == 0 { // the statements of a cell have the session's variables
		return map[string]any{"scopes": []any{global, local}}, nil
	}
	return map[string]any{"scopes": []any{local, global}}, nil
}

func (a *Adapter) resume(x arguments) (map[string]any, error)  { return a.step(x, rt.Run) }
func (a *Adapter) next(x arguments) (map[string]any, error)    { return a.step(x, rt.StepOver) }
func (a *Adapter) stepIn(x arguments) (map[string]any, error)  { return a.step(x, rt.StepIn) }
func (a *Adapter) stepOut(x arguments) (map[string]any, error) { return a.step(x, rt.StepOut) }

func (a *Adapter) step(x arguments, mode rt.StepMode) (map[string]any, error) {
	a.mu.Lock()
	a.refs.reset()
	a.mu.Unlock()
	_, stopped := rt.Trace.Threads()
	if !slices.Contains(stopped, x.ThreadID) {
		return nil, fmt.Errorf("thread %d is not stopped", x.ThreadID)
	}
	a.event(map[string]any{"type": "event", "event": "continued", "seq": a.nextSeq(), "body": map[string]any{"threadId": x.ThreadID, "allThreadsContinued": false}})
	rt.Trace.Resume(x.ThreadID, mode)
	return map[string]any{"allThreadsContinued": false}, nil
}

func (a *Adapter) pause(arguments) (map[string]any, error) {
	rt.Trace.Pause()
	return nil, nil
}

// evaluate computes an expression in a stopped frame, or in the session.
func (a *Adapter) evaluate(x arguments) (map[string]any, error) {
	if x.Expression == "" {
		return nil, fmt.Errorf("evaluate: expression is missing")
	}
	var locals []session.Variable
	if x.FrameID > 0 {
		c, err := call(x.FrameID)
		if err != nil {
			return nil, err
		}
		locals = session.Locals(c)
	}
	b, failed := a.s.EvaluateIn(x.Expression, locals, x.out)
	if failed != nil {
		return nil, failed
	}
	text, _ := b.Data["text/plain"].(string)
	return map[string]any{"result": text, "variablesReference": 0}, nil
}

func (a *Adapter) modules(x arguments) (map[string]any, error) {
	return map[string]any{"modules": []any{}, "totalModules": 0}, nil
}

func (a *Adapter) loadedSources(arguments) (map[string]any, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := []any{}
	for path := range a.cells {
		list = append(list, map[string]any{"path": path, "name": filepath.Base(path)})
	}
	return map[string]any{"sources": list}, nil
}
