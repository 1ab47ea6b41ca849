package session

import (
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"sort"

	"lyceum/kernel/display"
	"lyceum/kernel/session/lower"
	"lyceum/kernel/session/rt"
)

// debugState is what the session keeps for a debugger.
type debugState struct {
	on      bool
	path    func(code string) string // the path that the front end knows a cell by
	sources map[string]string        // In[3] -> code
	lines   map[lineKey]bool         // lines that have a statement with a probe already
}

type lineKey struct {
	fn, file string
	line     int
}

// A Variable is a variable of the session or of a stopped function.
type Variable struct {
	Name  string
	Type  string // the static type
	Value any
	Local *types.Var // for EvaluateIn
}

// StartDebug makes cells run from now on with probes, and lets the functions of earlier cells be compiled again with
// them. path is the name under which the front end sets breakpoints in a cell.
func (s *Session) StartDebug(path func(code string) string, onStop func(thread int, reason string)) {
	s.mu.Lock()
	s.debug.on, s.debug.path = true, path
	s.mu.Unlock()
	rt.Trace.Attach(onStop)
}

// StopDebug lets what is stopped go on. What is compiled with probes keeps them, and they cost little.
func (s *Session) StopDebug() {
	rt.Trace.Detach()
	s.mu.Lock()
	s.debug.on = false
	s.mu.Unlock()
}

// noteSource remembers the text of a cell, so that its functions can be debugged later.
func (s *Session) noteSource(r Request) {
	if r.Count == 0 || r.Silent {
		return
	}
	if s.debug.sources == nil {
		s.debug.sources = map[string]string{}
	}
	s.debug.sources[r.File] = r.Code
}

// sourcesFor are the texts of the cells in which places lie.
func (s *Session) sourcesFor(places []token.Position) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]string{}
	for _, p := range places {
		if text, ok := s.debug.sources[p.Filename]; ok {
			out[p.Filename] = text
		}
	}
	return out
}

// wantsProbes says that a function has to be compiled again although its text is the same.
func (s *Session) wantsProbes(e *entity) bool {
	return s.debug.on && !e.probed && e.src.kind == token.FUNC
}

// probeAll compiles the functions of earlier cells again that have no probes yet, when the debugger is on.
func (s *Session) probeAll(stop chan struct{}) {
	if !s.debug.on {
		return
	}
	var keys []string
	for key, e := range s.world.entities {
		if s.wantsProbes(e) && e.src.text != "" {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return
	}
	sort.Strings(keys)
	var chunks []chunk
	for _, key := range keys {
		e := s.world.entities[key]
		e.probed = true // also when it cannot be compiled again: it is tried once
		chunks = append(chunks, e.src)
	}
	k, err := s.attempt("debugger", "", nil, chunks)
	if err != nil {
		return
	}
	if p, err := s.compile(k, true, nil); err == nil {
		s.engine.execute(s.engine.cell, p, stop)
	}
}

// site enters a statement into the list of the debugger.
func (s *Session) site(pos token.Pos, fn string, vars []*types.Var) int {
	at := s.position(pos)
	file := ""
	if code, ok := s.debug.sources[at.Filename]; ok {
		file = s.debug.path(code)
	}
	key := lineKey{fmt.Sprint(s.engine.cell, fn), at.Filename, at.Line}
	if s.debug.lines == nil || len(s.debug.lines) > 1<<16 {
		s.debug.lines = map[lineKey]bool{}
	}
	first := !s.debug.lines[key]
	s.debug.lines[key] = true
	return rt.Trace.AddSite(rt.Site{File: file, Line: at.Line, First: first, Func: fn, Vars: vars})
}

// Locals returns the variables that can be seen in a call of a stopped function.
func Locals(c rt.Call) []Variable {
	vars, _ := c.Site.Vars.([]*types.Var)
	if c.Vars == nil {
		return nil
	}
	vals := c.Vars()
	var out []Variable
	for i, v := range vars {
		if i < len(vals) {
			out = append(out, Variable{Name: v.Name(), Type: types.TypeString(v.Type(), packageName), Value: vals[i], Local: v})
		}
	}
	return out
}

// Variables returns the variables of the session in the order of their names.
func (s *Session) Variables() []Variable {
	s.mu.RLock()
	defer s.mu.RUnlock()
	globals := s.engine.in.Globals()
	var out []Variable
	for name, e := range s.world.entities {
		v, ok := e.obj.(*types.Var)
		if !ok || e.method != "" || name[0] == '_' {
			continue
		}
		g, ok := globals[e.emit]
		if !ok || !g.IsValid() || !g.CanInterface() {
			continue
		}
		out = append(out, Variable{Name: name, Type: types.TypeString(v.Type(), packageName), Value: g.Interface()})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Text shows a value as the text of a cell's result.
func Text(v any, static types.Type) string {
	if static == nil {
		static = types.Universe.Lookup("any").Type()
	}
	t, _ := bundle(v, static).Data["text/plain"].(string)
	return t
}

// Rich shows the value of a variable as a cell would.
func (s *Session) Rich(v Variable) display.Bundle {
	return bundle(v.Value, types.Universe.Lookup("any").Type())
}

// EvaluateIn computes an expression with the variables of a stopped call. They are copies.
func (s *Session) EvaluateIn(expr string, locals []Variable, out display.Output) (display.Bundle, *Error) {
	r := Request{Code: expr, File: "expression", Out: out}
	stop := s.begin()
	defer s.end()
	var res Result
	work := func() {
		s.mu.Lock()
		on := s.debug.on
		s.debug.on = false // the expression itself is not debugged
		given, restore := s.lend(locals)
		k, program, err := s.build(r.File, expr, given...)
		restore()
		s.debug.on = on
		cell := s.engine.cell
		s.mu.Unlock()
		if err != nil {
			res = Result{Err: compileError(err, expr, r.File)}
			return
		}
		res = s.start(cell, k, program, r, stop)
	}
	if out != nil {
		display.Do(out, work)
	} else {
		work()
	}
	if res.Err != nil {
		return display.Bundle{}, res.Err
	}
	if res.Value == nil {
		return display.Bundle{Data: map[string]any{"text/plain": ""}}, nil
	}
	return *res.Value, nil
}

// lend puts copies of local variables into the session as package-level variables; the function it returns takes them
// out again.
func (s *Session) lend(locals []Variable) ([]lower.Given, func()) {
	var given []lower.Given
	old := map[string]*entity{}
	for _, l := range locals {
		if _, done := old[l.Name]; done || l.Local == nil {
			continue
		}
		t, err := s.world.lower.Type(l.Local.Type())
		if err != nil {
			continue
		}
		val := reflect.New(t).Elem()
		if x := reflect.ValueOf(l.Value); x.IsValid() {
			if !x.Type().AssignableTo(t) {
				continue
			}
			val.Set(x)
		}
		v := types.NewVar(token.NoPos, types.NewPackage("main", "main"), l.Name, l.Local.Type())
		emit := s.world.newName(l.Name)
		old[l.Name] = s.world.entities[l.Name]
		s.world.entities[l.Name] = &entity{obj: v, emit: emit, file: "debugger"}
		s.world.names[v] = emit
		given = append(given, lower.Given{Var: v, Value: val})
	}
	return given, func() {
		for name, e := range old {
			if e == nil {
				delete(s.world.entities, name)
			} else {
				s.world.entities[name] = e
			}
		}
		for _, g := range given {
			delete(s.world.names, g.Var)
		}
	}
}

// CopyToGlobals makes a variable of the session that holds the value of a local one.
func (s *Session) CopyToGlobals(name string, v Variable) *Error {
	if !token.IsIdentifier(name) {
		msg := fmt.Sprintf("%q is no name for a variable", name)
		return &Error{Name: "error", Value: msg, Traceback: []string{msg}}
	}
	v.Name += "__copied"
	_, err := s.EvaluateIn(name+" := "+v.Name+";", []Variable{v}, nil)
	return err
}

// Outline writes a cell as a file that parses, with every line where it is in the cell.
func Outline(code string) string {
	chunks, err := split(code)
	if err != nil {
		return ""
	}
	return source(chunks)
}
