package debug

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"lyceum/kernel/session"
)

func TestMurmur2(t *testing.T) {
	// Computed with a port of JupyterLab's hash (@jupyterlab/debugger, hash.ts) to Python.
	for text, want := range map[string]uint32{"": 0x9d559592, "a": 0x29e79cfc, "ab": 0xddcc51fe, "abc": 0x85e0aeda, "abcd": 0xfb1d8cc1, "abcdefgh1": 0xcb11fa21, "é世😀": 0xb4b2fe25} {
		if got := murmur2([]byte(text), seed); got != want {
			t.Errorf("%q: %#x, want %#x", text, got, want)
		}
	}
}

// client drives an adapter on a session of its own.
type client struct {
	t      *testing.T
	s      *session.Session
	a      *Adapter
	events chan map[string]any
	seq    int
}

func newClient(t *testing.T) *client {
	s, err := session.New(session.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, s: s, events: make(chan map[string]any, 100)}
	c.a = New(s, func(e map[string]any) { c.events <- e })
	t.Cleanup(func() { c.ask("disconnect", nil) })
	return c
}

func (c *client) ask(command string, args map[string]any) map[string]any {
	c.seq++
	b, _ := json.Marshal(args)
	return c.a.Answer(Request{Seq: c.seq, Command: command, Arguments: b}, nil)
}

// do is ask for a request that must succeed; it returns the body.
func (c *client) do(command string, args map[string]any) map[string]any {
	c.t.Helper()
	r := c.ask(command, args)
	if r["success"] != true {
		c.t.Fatalf("%s: %v", command, r["message"])
	}
	return r["body"].(map[string]any)
}

func (c *client) start() {
	c.do("initialize", nil)
	c.do("attach", nil)
}

// breakAt sets breakpoints in a cell and returns the lines on which they are.
func (c *client) breakAt(code string, lines ...int) []int {
	c.t.Helper()
	path := c.do("dumpCell", map[string]any{"code": code})["sourcePath"]
	var list []any
	for _, l := range lines {
		list = append(list, map[string]any{"line": l})
	}
	var out []int
	for _, b := range c.do("setBreakpoints", map[string]any{"source": map[string]any{"path": path}, "breakpoints": list})["breakpoints"].([]map[string]any) {
		out = append(out, b["line"].(int))
	}
	return out
}

// run runs a cell in the background.
func (c *client) run(n int, code string) chan session.Result {
	done := make(chan session.Result, 1)
	go func() { done <- c.s.Execute(session.Request{Code: code, Count: n}) }()
	return done
}

// stopped waits for the next stop and returns the thread and its frames.
func (c *client) stopped() (int, []map[string]any) {
	c.t.Helper()
	for {
		select {
		case e := <-c.events:
			if e["event"] != "stopped" {
				continue
			}
			id := e["body"].(map[string]any)["threadId"].(int)
			var frames []map[string]any
			for _, f := range c.do("stackTrace", map[string]any{"threadId": id})["stackFrames"].([]any) {
				frames = append(frames, f.(map[string]any))
			}
			return id, frames
		case <-time.After(10 * time.Second):
			c.t.Fatal("nothing stopped")
		}
	}
}

func (c *client) locals(frame map[string]any) string {
	c.t.Helper()
	var out []string
	scope := c.do("scopes", map[string]any{"frameId": frame["id"]})["scopes"].([]any)[0].(map[string]any)
	for _, v := range c.do("variables", map[string]any{"variablesReference": scope["variablesReference"]})["variables"].([]any) {
		v := v.(map[string]any)
		out = append(out, fmt.Sprintf("%v %v = %v", v["name"], v["type"], v["value"]))
	}
	return strings.Join(out, "; ")
}

func where(frames []map[string]any) string {
	var out []string
	for _, f := range frames {
		out = append(out, fmt.Sprintf("%v:%v", f["name"], f["line"]))
	}
	return strings.Join(out, " ")
}

func (c *client) end(done chan session.Result) session.Result {
	c.t.Helper()
	select {
	case r := <-done:
		return r
	case <-time.After(10 * time.Second):
		c.t.Fatal("the cell does not end")
	}
	return session.Result{}
}

const program = `type point struct{ x, y int }
func (p *point) move(d int) (n int) {
	old := p.x
	p.x += d
	defer func() { n = p.x - old }()
	for i := range 2 {
		sq := i * i
		_ = sq
	}
	return
}
func outer() int {
	p := &point{1, 2}
	n := p.move(5)
	return n + 1
}

outer()`

func TestBreakpointsStepsAndVariables(t *testing.T) {
	c := newClient(t)
	c.start()
	if got := c.breakAt(program, 8, 17); fmt.Sprint(got) != "[8 18]" {
		t.Errorf("breakpoints on lines %v", got)
	}
	done := c.run(1, program)
	id, frames := c.stopped()
	if where(frames) != "cell:18" {
		t.Error(where(frames))
	}
	c.do("continue", map[string]any{"threadId": id})
	id, frames = c.stopped()
	if got := where(frames); got != "point.move:8 outer:14 cell:18" {
		t.Error(got)
	}
	if got := c.locals(frames[0]); !strings.HasPrefix(got, "p *point = &{x:6 y:2}; d int = 5; n int = 0; old int = 1; i int = 0; sq int = 0") {
		t.Error(got)
	}
	if got := c.locals(frames[1]); got != "p *point = &{x:6 y:2}" {
		t.Error(got)
	}
	in := map[string]any{"expression": "old*100 + d + len(fmt.Sprint(p.y))", "frameId": frames[0]["id"]}
	if got := c.do("evaluate", in)["result"]; got != "106" {
		t.Errorf("evaluate gives %v", got)
	}
	if got := c.ask("evaluate", map[string]any{"expression": "none", "frameId": frames[0]["id"]}); got["success"] != false || !strings.Contains(got["message"].(string), "undefined: none") {
		t.Error(got)
	}
	c.do("copyToGlobals", map[string]any{"srcVariableName": "old", "dstVariableName": "kept", "srcFrameId": frames[0]["id"]})
	c.do("next", map[string]any{"threadId": id})
	if id, frames = c.stopped(); where(frames[:1]) != "point.move:7" {
		t.Error(where(frames))
	}
	c.do("stepOut", map[string]any{"threadId": id})
	if id, frames = c.stopped(); where(frames) != "point.move:8 outer:14 cell:18" { // the breakpoint comes first
		t.Error(where(frames))
	}
	c.do("stepOut", map[string]any{"threadId": id})
	if id, frames = c.stopped(); where(frames) != "outer:15 cell:18" {
		t.Error(where(frames))
	}
	c.do("continue", map[string]any{"threadId": id})
	if r := c.end(done); r.Err != nil || r.Value.Data["text/plain"] != "6" {
		t.Errorf("%+v", r)
	}
	if r := c.end(c.run(2, "kept")); r.Err != nil || r.Value.Data["text/plain"] != "1" {
		t.Errorf("%+v", r)
	}
}

func TestFunctionsOfEarlierCellsStopToo(t *testing.T) {
	c := newClient(t)
	f := "func double(x int) int {\n\ty := 2 * x\n\treturn y\n}\nfunc each[T any](xs []T, f func(T) int) (sum int) {\n\tfor _, x := range xs {\n\t\tsum += f(x)\n\t}\n\treturn\n}"
	if r := c.end(c.run(1, f)); r.Err != nil {
		t.Fatal(r.Err)
	}
	c.start()
	c.breakAt(f, 3)
	done := c.run(2, "each([]int{4}, double)")
	id, frames := c.stopped()
	if got := where(frames); got != "double:3 each:7 cell:1" {
		t.Error(got)
	}
	if got := c.locals(frames[0]); got != "x int = 4; y int = 8" {
		t.Error(got)
	}
	c.do("continue", map[string]any{"threadId": id})
	if r := c.end(done); r.Err != nil || r.Value.Data["text/plain"] != "8" {
		t.Errorf("%+v", r)
	}
}

func TestAnInterruptEndsWhatIsStopped(t *testing.T) {
	c := newClient(t)
	c.start()
	code := "func g() int {\n\treturn 1\n}\ng()"
	c.breakAt(code, 2)
	done := c.run(1, code)
	c.stopped()
	c.s.Interrupt()
	if r := c.end(done); r.Err == nil || !r.Err.Interrupted {
		t.Errorf("%+v", r)
	}
	done = c.run(2, code)
	id, _ := c.stopped()
	c.do("continue", map[string]any{"threadId": id})
	if r := c.end(done); r.Err != nil || r.Value.Data["text/plain"] != "1" {
		t.Errorf("%+v", r)
	}
}

func TestDisconnectLetsTheCellFinish(t *testing.T) {
	c := newClient(t)
	c.start()
	code := "func h() int {\n\treturn 3\n}\nh()"
	c.breakAt(code, 2)
	done := c.run(1, code)
	c.stopped()
	c.do("disconnect", nil)
	for n, d := range []chan session.Result{done, c.run(2, code)} {
		if r := c.end(d); r.Err != nil || r.Value.Data["text/plain"] != "3" {
			t.Errorf("run %d: %+v", n, r)
		}
	}
}

func TestThePartsOfValues(t *testing.T) {
	c := newClient(t)
	if r := c.end(c.run(1, "type T struct { name string; Next *T }\nv := map[string]*T{\"b\": {\"x\", nil}, \"a\": {name: \"y\", Next: &T{}}}\nbig := make([]int, 5000)\nvar e error\nf := func() {}")); r.Err != nil {
		t.Fatal(r.Err)
	}
	byName := func(body map[string]any) map[string]map[string]any {
		out := map[string]map[string]any{}
		for _, v := range body["variables"].([]any) {
			v := v.(map[string]any)
			out[v["name"].(string)] = v
		}
		return out
	}
	vars := byName(c.do("inspectVariables", nil))
	if vars["e"]["value"] != "nil" || vars["big"]["value"] != "[]int (5000 elements)" || vars["f"]["type"] != "func()" {
		t.Errorf("%v", vars)
	}
	parts := byName(c.do("variables", map[string]any{"variablesReference": vars["v"]["variablesReference"]}))
	if len(parts) != 2 {
		t.Fatalf("%v", parts)
	}
	fields := byName(c.do("variables", map[string]any{"variablesReference": parts[`["a"]`]["variablesReference"]}))
	if fields["name"]["value"] != `"y"` || fields["Next"]["variablesReference"] == 0 {
		t.Errorf("%v", fields)
	}
	some := c.do("variables", map[string]any{"variablesReference": vars["big"]["variablesReference"], "start": 4990, "count": 100})["variables"].([]any)
	if len(some) != 10 || some[0].(map[string]any)["name"] != "[4990]" {
		t.Errorf("%d parts: %v", len(some), some[:1])
	}
}

func TestJupyterLabSeesValuesInItsTree(t *testing.T) {
	c := newClient(t)
	c.do("initialize", map[string]any{"clientID": "jupyterlab"})
	c.do("attach", nil)
	if r := <-c.run(1, "w, name, n, ok, list, e := 0.5, \"a\", 3, true, []int{1}, error(nil);"); r.Err != nil {
		t.Fatal(r.Err.Value)
	}
	var got []string
	for _, v := range c.do("inspectVariables", nil)["variables"].([]any) {
		m := v.(map[string]any)
		got = append(got, fmt.Sprint(m["name"], ": ", m["type"]))
	}
	const want = `e: error = nil, list: []int, n: int, name: string = "a", ok: bool, w: float64 = 0.5`
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("%s\nwant %s", s, want)
	}
}
