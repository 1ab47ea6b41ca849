package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"reflect"

	"github.com/traefik/yaegi/interp"

	"lyceum/kernel/display"
	"lyceum/kernel/session/generics"
	"lyceum/kernel/session/lower"
)

// showPath is the import under which a cell finds the functions below.
const (
	showPath = "lyceum/kernel/session"
	showName = "lyp_session"
)

// Execute runs a cell and returns when it has ended or was interrupted. Cells may run at the same time.
func (s *Session) Execute(r Request) (res Result) {
	if r.File == "" {
		r.File = fmt.Sprintf("In[%d]", r.Count)
	}
	if name, ok := asked(r.Code); ok {
		return s.page(name)
	}
	stop := s.begin()
	defer s.end()
	work := func() { res = s.run(r, stop) }
	if r.Out != nil {
		display.Do(r.Out, work)
	} else {
		work()
	}
	return res
}

// Call runs a function of a cell that somebody else calls, the handler of a widget for example, as Execute runs a cell.
func (s *Session) Call(out display.Output, f func()) (failed *Error) {
	stop := s.begin()
	defer s.end()
	display.Do(out, func() {
		if end := s.engine.do(0, stop, func() error { f(); return nil }); end.err != nil {
			failed = s.runtimeError(end.err, "", Request{}, nil, end.frames)
		}
	})
	return failed
}

// begin enters the list of what runs, and returns the channel that interrupts all of it.
func (s *Session) begin() chan struct{} {
	s.stopMu.Lock()
	defer s.stopMu.Unlock()
	if s.active++; s.active == 1 && s.opt.OnStart != nil {
		s.opt.OnStart()
	}
	if s.stop == nil || closed(s.stop) {
		stop := make(chan struct{})
		s.stop = stop
		stopping.Store(&stop)
	}
	return s.stop
}

func (s *Session) end() {
	s.stopMu.Lock()
	defer s.stopMu.Unlock()
	if s.active--; s.active == 0 {
		s.stop = nil
		stopping.Store(nil)
	}
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (s *Session) run(r Request, stop chan struct{}) (res Result) {
	defer func() {
		if p := recover(); p != nil { // a fault of ours must not end the session
			res = Result{Err: &Error{Name: "kernel error", Value: fmt.Sprintf("%s: the kernel failed on this cell: %v", r.File, p), Traceback: []string{fmt.Sprint(p)}}}
		}
	}()
	s.mu.Lock()
	s.noteSource(r)
	s.probeAll(stop)
	k, program, err := s.build(r.File, r.Code)
	cell := s.engine.cell
	s.mu.Unlock()
	if err != nil {
		return Result{Err: compileError(err, r.Code, r.File)}
	}
	if r.Out != nil && !r.Silent {
		for _, n := range k.notes {
			r.Out.Stream("stderr", []byte(n))
		}
	}
	return s.start(cell, k, program, r, stop)
}

// start runs a compiled cell.
func (s *Session) start(cell int, k *checked, program *interp.Program, r Request, stop chan struct{}) Result {
	state := &running{}
	s.engine.runs.Store(cell, state)
	defer s.engine.runs.Delete(cell)
	why := s.watch(stop)
	end := s.engine.execute(cell, program, stop)
	reason := why()
	if end.err != nil {
		return Result{Err: s.runtimeError(end.err, reason, r, state.at.Load(), end.frames)}
	}
	if r.Silent || k.show == nil {
		return Result{}
	}
	return s.result(k, r, state.shown)
}

// build checks, lowers and compiles a cell. The session changes only when all of that has worked.
func (s *Session) build(name, src string, given ...lower.Given) (*checked, *interp.Program, error) {
	k, err := s.prepare(name, src)
	if err != nil {
		return nil, nil, err
	}
	program, err := s.compile(k, s.debug.on, given)
	if err != nil && s.debug.on { // the debugger must not keep a cell from running
		if k, err = s.prepare(name, src); err == nil {
			program, err = s.compile(k, false, given)
		}
	}
	return k, program, err
}

// compile lowers and compiles a checked cell, with probes for the debugger or without.
func (s *Session) compile(k *checked, probes bool, given []lower.Given) (*interp.Program, error) {
	p := s.plan(k)
	p.probed = probes
	inst, err := s.world.generics.Instantiate(generics.Cell{Decls: p.decls, Stmts: p.stmts, Info: k.info, Pkg: k.pkg})
	if err != nil {
		return nil, err
	}
	in := lower.Input{World: s.world.lower, Fset: s.engine.fset(), Decls: append(p.decls, inst.Decls...), Stmts: p.stmts,
		Info: inst.Info, Pkg: k.pkg, Name: p.name(s), Given: given}
	if probes {
		in.Probes = &lower.Probes{Site: s.site}
	}
	out, err := lower.Cell(in)
	if err != nil {
		return nil, err
	}
	file, err := s.assemble(k, out)
	if err != nil {
		return nil, err
	}
	place(file, k.body.Pos())
	program, err := s.engine.compile(file)
	if err != nil {
		return nil, err
	}
	s.world.generics.Commit()
	s.commit(p)
	return program, nil
}

// assemble makes the file that the interpreter runs: the declarations, and an init function with the steps of the cell.
func (s *Session) assemble(k *checked, out lower.Output) (*ast.File, error) {
	e := s.engine
	if err := e.useCell("lyceum/cell/cell", out.Symbols); err != nil {
		return nil, err
	}
	file := &ast.File{Package: k.file.Package, Name: &ast.Ident{Name: "main"}}
	var specs []ast.Spec
	add := func(name, path string) {
		specs = append(specs, &ast.ImportSpec{Name: &ast.Ident{Name: name}, Path: &ast.BasicLit{Kind: token.STRING, Value: quote(path)}})
	}
	use := func(name, path string) {
		if !e.imports(name) {
			add(name, path)
		}
	}
	for name, path := range out.Imports {
		if err := e.give(path); err != nil {
			return nil, err
		}
		use(name, path)
	}
	body := append([]ast.Stmt{}, out.Setup...)
	use(showName, showPath)
	e.cell++
	for _, st := range out.Stmts {
		if p := posOf(st); p.IsValid() {
			body = append(body, s.marker(p))
		}
		body = append(body, st)
	}
	if out.Result != nil && k.show != nil {
		body = append(body, s.marker(k.show.Pos()))
		body = append(body, s.showCall(out.Result, k.info.TypeOf(k.show))...)
	} else if out.Result != nil {
		body = append(body, &ast.AssignStmt{Lhs: blanks(k.lastType()), Tok: token.ASSIGN, Rhs: []ast.Expr{out.Result}})
	}
	if len(specs) > 0 {
		file.Decls = append(file.Decls, &ast.GenDecl{Tok: token.IMPORT, Lparen: 1, Specs: specs})
	}
	file.Decls = append(file.Decls, out.Decls...)
	if len(body) > 0 {
		file.Decls = append(file.Decls, &ast.FuncDecl{Name: &ast.Ident{Name: "init", NamePos: k.body.Pos()},
			Type: &ast.FuncType{Func: k.body.Pos(), Params: &ast.FieldList{}}, Body: &ast.BlockStmt{Lbrace: k.body.Body.Lbrace, List: body, Rbrace: k.body.Body.Rbrace}})
	}
	return file, nil
}

// lastType is the type of the last statement, an expression.
func (k *checked) lastType() types.Type {
	it := k.items[len(k.items)-1]
	return k.info.TypeOf(it.stmts[len(it.stmts)-1].(*ast.ExprStmt).X)
}

func blanks(t types.Type) []ast.Expr {
	n := 1
	if tup, ok := t.(*types.Tuple); ok {
		n = tup.Len()
	}
	out := make([]ast.Expr, n)
	for i := range out {
		out[i] = &ast.Ident{Name: "_"}
	}
	return out
}

// marker tells the engine that the statement at p begins. The interpreter's own positions are not exact: it
// finds a fault by the kind of operation and names the first one of that kind.
func (s *Session) marker(p token.Pos) ast.Stmt {
	at := s.position(p)
	args := []ast.Expr{number(packed(s.engine.cell, at.Line, at.Column), p)}
	return &ast.ExprStmt{X: &ast.CallExpr{Fun: &ast.SelectorExpr{X: &ast.Ident{Name: showName, NamePos: p}, Sel: &ast.Ident{Name: "At", NamePos: p}}, Lparen: p, Args: args, Rparen: p}}
}

// packed is a cell with a place in it as one number: the interpreter takes its time over every argument of a call.
func packed(cell, line, col int) int {
	return cell<<(lineBits+columnBits) | min(line, 1<<lineBits-1)<<columnBits | min(col, 1<<columnBits-1)
}

func unpacked(at int) (cell, line, col int) {
	return at >> (lineBits + columnBits), at >> columnBits & (1<<lineBits - 1), at & (1<<columnBits - 1)
}

const (
	lineBits   = 20
	columnBits = 14
)

func number(n int, p token.Pos) ast.Expr {
	return &ast.BasicLit{ValuePos: p, Kind: token.INT, Value: fmt.Sprint(n)}
}

// showCall hands the value of the last expression to the session. The results of a call are bound first.
func (s *Session) showCall(e ast.Expr, t types.Type) []ast.Stmt {
	show := func(args []ast.Expr) ast.Stmt {
		args = append([]ast.Expr{number(s.engine.cell, e.Pos())}, args...)
		return &ast.ExprStmt{X: &ast.CallExpr{Fun: &ast.SelectorExpr{X: &ast.Ident{Name: showName, NamePos: e.Pos()}, Sel: &ast.Ident{Name: "Show", NamePos: e.Pos()}}, Lparen: e.Pos(), Args: args, Rparen: e.End()}}
	}
	tup, ok := t.(*types.Tuple)
	if !ok {
		return []ast.Stmt{show([]ast.Expr{e})}
	}
	var lhs, args []ast.Expr
	for i := range tup.Len() {
		name := fmt.Sprintf("lyp_shown%d", i)
		lhs = append(lhs, &ast.Ident{Name: name, NamePos: e.Pos()})
		args = append(args, &ast.Ident{Name: name, NamePos: e.Pos()})
	}
	return []ast.Stmt{&ast.AssignStmt{Lhs: lhs, TokPos: e.Pos(), Tok: token.DEFINE, Rhs: []ast.Expr{e}}, show(args)}
}

// result turns what Show got into the bundle of the cell's value. A trailing error result that is not nil is the
// cell's error.
func (s *Session) result(k *checked, r Request, vals []any) Result {
	var static []types.Type
	switch t := k.info.TypeOf(k.show).(type) {
	case nil:
		return Result{}
	case *types.Tuple:
		for i := range t.Len() {
			static = append(static, t.At(i).Type())
		}
	default:
		static = []types.Type{types.Default(t)}
	}
	if len(vals) != len(static) || len(vals) == 0 {
		return Result{}
	}
	if n := len(vals); n > 1 && isError(static[n-1]) {
		if err, ok := vals[n-1].(error); ok && err != nil {
			at := s.position(k.show.Pos())
			return Result{Err: failure("error", at, err.Error(), r)}
		}
		vals, static = vals[:n-1], static[:n-1]
	}
	var b display.Bundle
	if len(vals) == 1 {
		b = bundle(vals[0], static[0])
	} else {
		b = tuple(vals, static)
	}
	return Result{Value: &b}
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// symbolFor finds a compiled symbol for lowering.
func symbolFor(tables map[string]map[string]reflect.Value) func(path, name string) (reflect.Value, bool) {
	byPath := map[string]map[string]reflect.Value{}
	for k, t := range tables {
		byPath[path.Dir(k)] = t
	}
	return func(importPath, name string) (reflect.Value, bool) {
		if v, ok := byPath[importPath][name]; ok {
			return v, true
		}
		return generics.Symbol(importPath, name)
	}
}
