package lower

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"strings"

	"lyceum/kernel/session/rt"
)

// Paths of the packages that lowered code imports besides those of the cell.
const (
	// CellPath is the package of Output.Symbols.
	CellPath = "lyceum/cell"
	prefix   = "lyp_"
)

// lowerer rewrites one cell.
type lowerer struct {
	in          Input
	w           *World
	info        *types.Info
	imports     map[string]string
	decls       []ast.Decl
	setup       []ast.Stmt
	names       map[types.Object]string
	taken       map[string]bool // local names of the current function
	temps       int
	fn          *function
	globals     map[types.Object]bool
	bodies      map[string]bool           // methods with a new body, by function name
	safe        map[string]bool           // index expressions known to be in range
	counting    map[types.Object]bool     // variables known not to be negative
	checked     map[string]bool           // checks already made for the current statement
	nonNil      map[types.Object]bool     // variables that hold no nil pointer in the rest of the block
	called      bool                      // something that runs before what follows in this statement calls or receives
	conditional int                       // depth inside operands that may not be evaluated
	guards      map[string]bool           // operands of the conditions that decide about it
	deferred    *ast.FuncLit              // the newest literal that a function defers
	recovers    string                    // function.recovers of the literal about to be rewritten
	pre         *[]ast.Stmt               // where statements go that must run before the current one
	vars        *visible                  // the variables that a probe can show
	clauses     map[ast.Stmt][]*types.Var // variables of a clause, by the first statement of its body
	naming      string                    // the name of the function that is about to be lowered
	own         string                    // its lowered name
}

// function is the function whose body is being rewritten.
type function struct {
	sig     *types.Signature
	results []string // names of the results, when they have one
	outer   *function
	loops   []*loop
	facts   *facts
	start   []ast.Stmt // declarations at the start of the body
	defers  string     // variable of type *rt.Defers, when the function defers
	name    string     // for a debugger
	own     string     // the lowered name of a declared function; empty in a literal
	frame   string     // variable of type *rt.Frame, when the code has probes
	// recovers is the *rt.Defers whose panics recover stops in this function,
	// when it is a literal that another function defers.
	recovers string
}

// Cell lowers one cell. An error is a limit of the interpreter that cannot be
// worked around; it bears the position of the construct.
func Cell(in Input) (out Output, err error) {
	l := &lowerer{
		in: in, w: in.World, info: in.Info,
		imports: map[string]string{}, names: map[types.Object]string{},
		taken: map[string]bool{}, globals: map[types.Object]bool{}, bodies: map[string]bool{},
		clauses: map[ast.Stmt][]*types.Var{}, safe: map[string]bool{}, counting: map[types.Object]bool{}, guards: map[string]bool{},
	}
	order := len(l.w.order)
	defer func() {
		if r := recover(); r != nil {
			l.w.forget(order)
			e, ok := r.(typeError)
			if !ok {
				panic(r)
			}
			err = e.err
		}
	}()
	stmts, result := l.cell()
	out = Output{Imports: l.imports, Decls: l.decls, Setup: l.setup, Stmts: stmts, Result: result, Symbols: l.w.takeFresh()}
	return out, nil
}

func (l *lowerer) cell() ([]ast.Stmt, ast.Expr) {
	l.fn = &function{facts: l.collect(l.in.Decls, l.in.Stmts), name: cellName}
	l.declareTypes()
	l.noteRecovers()
	for _, d := range l.in.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			l.funcDecl(f)
		}
	}
	inits := l.setup
	l.setup = nil
	l.reset()
	vars := append(l.given(), l.packageVars()...)
	stmts, result := l.topLevel()
	l.bindMethods() // all types are known now
	l.setup = append(append(l.setup, vars...), inits...)
	return stmts, result
}

// topLevel lowers the statements of the cell. Calls that it defers run when
// the cell ends.
func (l *lowerer) topLevel() ([]ast.Stmt, ast.Expr) {
	var stmts []ast.Stmt
	var result ast.Expr
	for _, s := range l.in.Stmts {
		if l.fn.defers == "" && defersIn(s) {
			l.fn.defers = l.temp("d")
		}
	}
	if l.in.Probes != nil && l.fn.defers == "" {
		l.fn.defers = l.temp("d")
	}
	for i, s := range l.in.Stmts {
		stmts = append(stmts, l.probe(s)...)
		if e, ok := s.(*ast.ExprStmt); ok && i == len(l.in.Stmts)-1 && l.hasValue(e.X) {
			stmts = append(stmts, l.withPre(func() []ast.Stmt { result = l.result(e.X); return nil })...)
			break
		}
		stmts = append(stmts, l.stmt(s)...)
	}
	if l.fn.defers != "" && len(stmts) > 0 {
		stmts = []ast.Stmt{l.guard(stmts[0].Pos(), l.fn.defers, stmts)}
	}
	return stmts, result
}

// result lowers the value to show. In a cell that defers it is kept in a
// variable, since deferred calls run after it is computed.
func (l *lowerer) result(e ast.Expr) ast.Expr {
	x := l.expr(e)
	if l.fn.defers == "" {
		return x
	}
	if t, ok := l.typeOf(e).(*types.Tuple); ok {
		return l.keptTuple(x, t)
	}
	name := l.w.next(prefix + "result")
	l.decls = append(l.decls, varDecl(e.Pos(), name, l.typeExpr(types.Default(l.typeOf(e)), e.Pos())))
	*l.pre = append(*l.pre, assign(e.Pos(), ident(name, e.Pos()), x))
	return ident(name, e.Pos())
}

// hasValue says whether an expression statement yields something to show.
func (l *lowerer) hasValue(e ast.Expr) bool {
	tv, ok := l.info.Types[e]
	return ok && !tv.IsVoid() && !tv.IsType() && !tv.IsBuiltin()
}

// reset begins a new scope of local names.
func (l *lowerer) reset() { l.taken = map[string]bool{} }

// declareTypes makes the types of the cell in source order, so that names are
// stable, and those it refers to on the way.
func (l *lowerer) declareTypes() {
	for _, d := range l.in.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.TYPE {
			l.typeDecl(g)
		}
	}
}

func (l *lowerer) typeDecl(g *ast.GenDecl) {
	for _, s := range g.Specs {
		if tn, ok := l.info.Defs[s.(*ast.TypeSpec).Name].(*types.TypeName); ok && !tn.IsAlias() {
			if n, ok := tn.Type().(*types.Named); ok && n.TypeParams().Len() == 0 {
				l.runtimeType(n)
			}
		}
	}
}

// fail reports a construct that cannot be lowered.
func (l *lowerer) fail(pos token.Pos, format string, args ...any) {
	at := ""
	if l.in.Fset != nil && pos.IsValid() {
		at = l.in.Fset.Position(pos).String() + ": "
	}
	panic(typeError{fmt.Errorf("%s%s", at, fmt.Sprintf(format, args...))})
}

// ---- names

// isGlobal says whether an object lives at the package level of the
// interpreter.
func (l *lowerer) isGlobal(obj types.Object) bool {
	if l.in.Name != nil {
		return l.in.Name(obj) != ""
	}
	return obj.Parent() != nil && l.in.Pkg != nil && obj.Parent() == l.in.Pkg.Scope()
}

// name gives the name under which lowered code knows a variable or function.
// Local names are unique within a function: the interpreter's scopes confuse
// some that shadow each other, and none may hide a type or package.
func (l *lowerer) name(obj types.Object) string {
	if n, ok := l.names[obj]; ok {
		return n
	}
	var n string
	switch {
	case obj.Name() == "_":
		return "_"
	case l.isGlobal(obj):
		n = obj.Name()
		if l.in.Name != nil {
			n = l.in.Name(obj)
		}
		n = safeGlobal(n)
	default:
		n = l.local(obj.Name())
	}
	l.names[obj] = n
	return n
}

// safeGlobal keeps a package-level name from hiding a predeclared one.
func safeGlobal(n string) string {
	if types.Universe.Lookup(n) != nil || n == "main" || n == "init" {
		return prefix + "g_" + n
	}
	return n
}

func (l *lowerer) local(base string) string {
	n := base
	for i := 2; l.taken[n] || l.visible(n); i++ {
		n = fmt.Sprintf("%s__%d", base, i)
	}
	l.taken[n] = true
	return n
}

// visible says whether a name means something outside functions.
func (l *lowerer) visible(n string) bool {
	if types.Universe.Lookup(n) != nil || n == "init" || n == "main" {
		return true
	}
	if l.in.Pkg == nil {
		return false
	}
	_, obj := l.in.Pkg.Scope().LookupParent(n, token.NoPos)
	return obj != nil
}

// temp returns a variable name for lowered code's own use.
func (l *lowerer) temp(what string) string {
	l.temps++
	return fmt.Sprintf("%s%s%d", prefix, what, l.temps)
}

// ---- package references

func (l *lowerer) pkgSel(path, name string, pos token.Pos) ast.Expr {
	alias := prefix + sanitize(path)
	l.imports[alias] = path
	return &ast.SelectorExpr{X: ident(alias, pos), Sel: ident(name, pos)}
}

func (l *lowerer) cellSel(sym string, pos token.Pos) ast.Expr { return l.pkgSel(CellPath, sym, pos) }

func (l *lowerer) rtSel(name string, pos token.Pos) ast.Expr { return l.pkgSel(rt.Path, name, pos) }

// rtCall calls a function of rt.
func (l *lowerer) rtCall(name string, pos token.Pos, args ...ast.Expr) *ast.CallExpr {
	return call(l.rtSel(name, pos), args...)
}

func sanitize(path string) string {
	return strings.Map(func(r rune) rune {
		if r == '/' || r == '.' || r == '-' || r == '~' || r == '+' {
			return '_'
		}
		return r
	}, path)
}

// publish makes a value a symbol of package lyceum/cell.
func (l *lowerer) publish(prefix string, v reflect.Value) string {
	s := l.w.next(prefix)
	l.w.fresh[s] = v
	return s
}

// keptTuple keeps several values to show in variables, and returns a call that
// yields them.
func (l *lowerer) keptTuple(x ast.Expr, t *types.Tuple) ast.Expr {
	pos := x.Pos()
	ft := &ast.FuncType{Func: pos, Params: &ast.FieldList{}, Results: &ast.FieldList{}}
	back := &ast.ReturnStmt{Return: pos}
	var temps []string
	var stores []ast.Stmt
	for i := range t.Len() {
		name, temp := l.w.next(prefix+"result"), l.temp("t")
		typ := t.At(i).Type()
		l.decls = append(l.decls, varDecl(pos, name, l.typeExpr(typ, pos)))
		ft.Results.List = append(ft.Results.List, &ast.Field{Type: l.typeExpr(typ, pos)})
		back.Results = append(back.Results, ident(name, pos))
		temps = append(temps, temp)
		stores = append(stores, assign(pos, ident(name, pos), ident(temp, pos)))
	}
	*l.pre = append(append(*l.pre, defines(pos, temps, x)), stores...)
	fn := l.w.next(prefix + "results")
	l.decls = append(l.decls, &ast.FuncDecl{Name: ident(fn, pos), Type: ft, Body: block(pos, back)})
	return call(ident(fn, pos))
}
