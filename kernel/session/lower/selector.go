package lower

import (
	"go/ast"
	"go/types"
)

// selector lowers x.f that is not called: a field, a symbol of a package, a
// method value or a method expression.
func (l *lowerer) selector(e *ast.SelectorExpr) ast.Expr {
	s := l.info.Selections[e]
	if s == nil {
		return l.qualified(e)
	}
	switch s.Kind() {
	case types.MethodVal:
		return l.methodValue(e, s)
	case types.MethodExpr:
		return l.methodExpr(e, s)
	}
	x, _ := l.path(l.expr(e.X), l.typeOf(e.X), s.Index())
	l.checkNil(e, e.X)
	x.(*ast.SelectorExpr).Sel.NamePos = e.Sel.Pos()
	return x
}

// qualified lowers pkg.Name.
func (l *lowerer) qualified(e *ast.SelectorExpr) ast.Expr {
	obj := l.info.Uses[e.Sel]
	if obj == nil || obj.Pkg() == nil {
		l.fail(e.Pos(), "%s is not known", e.Sel.Name)
	}
	if l.isGlobal(obj) { // an instance of a generic function
		return ident(l.name(obj), e.Sel.Pos())
	}
	return l.pkgSel(obj.Pkg().Path(), obj.Name(), e.Pos())
}

// standardStream replaces os.Stdout, os.Stderr and os.Stdin, where they are
// used for their methods or as an interface, by those of the cell.
func (l *lowerer) standardStream(e ast.Expr) ast.Expr {
	s, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	obj, ok := l.info.Uses[s.Sel].(*types.Var)
	if !ok || obj.Pkg() == nil || obj.Pkg().Path() != "os" || obj.Parent() != obj.Pkg().Scope() {
		return nil
	}
	switch obj.Name() {
	case "Stdout", "Stderr", "Stdin":
		return l.rtSel(obj.Name(), e.Pos())
	}
	return nil
}
