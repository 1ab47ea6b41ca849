package lower

import (
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
)

// Probed code hands every function body to rt.Traced, as a body that defers is handed to rt.Guard, and calls the
// frame before each statement:
//
//	rt.Traced("f", func(d *rt.Defers, fr *rt.Frame) {
//		fr.At(12, func() []any { return []any{x, y} })
//		x = y
//	})

// Probes is how lowered code reports to a debugger.
type Probes struct {
	// Site enters a statement into the debugger's list and returns its number. vars are the local variables that
	// can be seen there, the innermost first.
	Site func(pos token.Pos, fn string, vars []*types.Var) int
}

// Given is a variable whose value comes from outside the cell.
type Given struct {
	Var   *types.Var
	Value reflect.Value // of the variable's type
}

// cellName is the name of the function that the statements of a cell are.
const cellName = "cell"

// visible is a list of variables, the innermost first.
type visible struct {
	v  *types.Var
	up *visible
}

func (l *lowerer) see(vars ...*types.Var) {
	for _, v := range vars {
		if v != nil && v.Name() != "_" && v.Name() != "" {
			l.vars = &visible{v, l.vars}
		}
	}
}

// seeSignature makes the receiver, parameters and named results visible.
func (l *lowerer) seeSignature(sig *types.Signature) {
	if l.in.Probes == nil {
		return
	}
	l.see(sig.Recv())
	for _, t := range []*types.Tuple{sig.Params(), sig.Results()} {
		for v := range t.Variables() {
			l.see(v)
		}
	}
}

// functionName is the name of the function that begins: that of its declaration, or one derived from the function around.
func (l *lowerer) functionName() string {
	n := l.naming
	l.naming = ""
	if n == "" && l.fn != nil {
		n = l.fn.name + ".func"
	}
	return n
}

// probe reports that a statement begins.
func (l *lowerer) probe(s ast.Stmt) []ast.Stmt {
	if l.in.Probes == nil {
		return nil
	}
	for {
		lab, ok := s.(*ast.LabeledStmt)
		if !ok {
			break
		}
		s = lab.Stmt
	}
	switch s.(type) {
	case *ast.EmptyStmt, *ast.BlockStmt, nil:
		return nil
	}
	pos := s.Pos()
	if !pos.IsValid() {
		return nil
	}
	var vars []*types.Var
	values := &ast.CompositeLit{Type: l.typeExpr(types.NewSlice(types.NewInterfaceType(nil, nil)), pos), Lbrace: pos, Rbrace: pos}
	seen := map[string]bool{}
	for v := l.vars; v != nil; v = v.up {
		name, known := l.names[v.v]
		if known && !seen[v.v.Name()] {
			vars = append(vars, v.v)
			values.Elts = append(values.Elts, ident(name, pos))
		}
		seen[v.v.Name()] = true
	}
	site := l.in.Probes.Site(pos, l.fn.name, vars)
	look := &ast.FuncLit{
		Type: &ast.FuncType{Func: pos, Params: &ast.FieldList{}, Results: &ast.FieldList{List: []*ast.Field{{Type: values.Type}}}},
		Body: block(pos, &ast.ReturnStmt{Return: pos, Results: []ast.Expr{values}}),
	}
	if l.fn.frame == "" {
		l.fn.frame = l.temp("fr")
	}
	return []ast.Stmt{&ast.ExprStmt{X: call(&ast.SelectorExpr{X: ident(l.fn.frame, pos), Sel: ident("At", pos)}, intLit(int64(site), pos), look)}}
}

// traced wraps the statements of a probed function.
func (l *lowerer) traced(pos token.Pos, d string, list []ast.Stmt) ast.Stmt {
	if l.fn.frame == "" {
		l.fn.frame = l.temp("fr")
	}
	f := &ast.FuncLit{
		Type: &ast.FuncType{Func: pos, Params: &ast.FieldList{List: []*ast.Field{
			{Names: []*ast.Ident{ident(d, pos)}, Type: star(l.rtSel("Defers", pos))},
			{Names: []*ast.Ident{ident(l.fn.frame, pos)}, Type: star(l.rtSel("Frame", pos))},
		}}},
		Body: block(pos, list...),
	}
	return &ast.ExprStmt{X: l.rtCall("Traced", pos, stringLit(l.fn.name, pos), f)}
}

// defined lists the variables that a statement declares for those after it.
func (l *lowerer) defined(s ast.Stmt) []*types.Var {
	var out []*types.Var
	add := func(e ast.Expr) {
		if id, ok := e.(*ast.Ident); ok {
			if v, ok := l.info.Defs[id].(*types.Var); ok {
				out = append(out, v)
			}
		}
	}
	switch s := s.(type) {
	case *ast.LabeledStmt:
		return l.defined(s.Stmt)
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			for _, e := range s.Lhs {
				add(e)
			}
		}
	case *ast.DeclStmt:
		if g, ok := s.Decl.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, sp := range g.Specs {
				for _, id := range sp.(*ast.ValueSpec).Names {
					add(id)
				}
			}
		}
	}
	return out
}

// header makes the variables of a statement's header visible in its blocks; the function it returns hides them again.
func (l *lowerer) header(s ast.Stmt) func() {
	saved := l.vars
	switch s := s.(type) {
	case *ast.IfStmt:
		l.see(l.defined(s.Init)...)
	case *ast.ForStmt:
		l.see(l.defined(s.Init)...)
	case *ast.RangeStmt:
		for _, e := range []ast.Expr{s.Key, s.Value} {
			if v, ok := l.definedVar(e, s.Tok).(*types.Var); ok {
				l.see(v)
			}
		}
	case *ast.SwitchStmt:
		l.see(l.defined(s.Init)...)
	case *ast.TypeSwitchStmt:
		l.see(l.defined(s.Init)...)
		for _, c := range s.Body.List {
			c := c.(*ast.CaseClause)
			if v, ok := l.info.Implicits[c].(*types.Var); ok && len(c.Body) > 0 && l.fn.facts.used[v] {
				l.clauses[c.Body[0]] = []*types.Var{v}
			}
		}
	case *ast.SelectStmt:
		for _, c := range s.Body.List {
			if c := c.(*ast.CommClause); c.Comm != nil && len(c.Body) > 0 {
				l.clauses[c.Body[0]] = l.defined(c.Comm)
			}
		}
	}
	return func() { l.vars = saved }
}

// given declares the variables that come from outside, and gives them their values.
func (l *lowerer) given() []ast.Stmt {
	var out []ast.Stmt
	for _, g := range l.in.Given {
		pos := g.Var.Pos()
		l.global(g.Var, pos)
		out = append(out, assign(pos, ident(l.name(g.Var), pos), l.cellSel(l.publish("G", g.Value), pos)))
	}
	return out
}
