package lower

import (
	"go/ast"
	"go/token"
	"go/types"
)

// freezeTargets lowers the left-hand sides of a parallel assignment. Pointers,
// slices and indices in them are evaluated before anything is assigned. A
// newly defined variable has no target.
func (l *lowerer) freezeTargets(lhs []ast.Expr, tok token.Token, out *[]ast.Stmt) []ast.Expr {
	assigned := map[types.Object]bool{}
	for _, e := range lhs {
		if id, ok := ast.Unparen(e).(*ast.Ident); ok {
			if obj := l.info.ObjectOf(id); obj != nil {
				assigned[obj] = true
			}
		}
	}
	targets := make([]ast.Expr, len(lhs))
	for i, e := range lhs {
		if tok == token.DEFINE && l.isNew(e) && !isBlank(e) {
			continue
		}
		if isBlank(e) {
			targets[i] = ident("_", e.Pos())
			continue
		}
		pre := l.withPre(func() []ast.Stmt {
			l.called = i > 0 // what is assigned before has been assigned when this panics
			targets[i] = l.lvalue(e)
			return nil
		})
		*out = append(*out, pre...)
		l.freezeTarget(e, targets[i], assigned, out)
	}
	return targets
}

// freezeTarget replaces the operands of an index, field or pointer expression
// that an assignment beside it could change.
func (l *lowerer) freezeTarget(src, low ast.Expr, assigned map[types.Object]bool, out *[]ast.Stmt) {
	freeze := func(e ast.Expr, what string) ast.Expr {
		t := l.temp(what)
		*out = append(*out, define(e.Pos(), t, e))
		return ident(t, e.Pos())
	}
	switch s := ast.Unparen(src).(type) {
	case *ast.IndexExpr:
		n, ok := low.(*ast.IndexExpr)
		if !ok {
			return
		}
		if l.info.Types[s.Index].Value == nil && (l.mentions(s.Index, assigned) || !pure(l.info, s.Index)) {
			n.Index = freeze(n.Index, "k")
		}
		switch l.typeOf(s.X).Underlying().(type) {
		case *types.Slice, *types.Map:
			if l.mentions(s.X, assigned) || !pure(l.info, s.X) {
				n.X = freeze(n.X, "b")
			}
		case *types.Array:
			l.freezeTarget(s.X, ast.Unparen(n.X), assigned, out)
		}
	case *ast.SelectorExpr:
		if n, ok := low.(*ast.SelectorExpr); ok && (l.mentions(s.X, assigned) || !pure(l.info, s.X)) {
			if _, isPtr := l.typeOf(s.X).Underlying().(*types.Pointer); isPtr {
				n.X = freeze(n.X, "b")
			} else {
				l.freezeTarget(s.X, ast.Unparen(n.X), assigned, out)
			}
		}
	case *ast.StarExpr:
		if n, ok := low.(*ast.StarExpr); ok && (l.mentions(s.X, assigned) || !pure(l.info, s.X)) {
			n.X = freeze(n.X, "b")
		}
	}
}

// mentions says whether an expression refers to one of the objects.
func (l *lowerer) mentions(e ast.Expr, objs map[types.Object]bool) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && objs[l.info.Uses[id]] {
			found = true
		}
		return !found
	})
	return found
}

// simpleTargets says whether the results of a call can be assigned directly:
// to variables of the interpreter's own, all new or all old.
func (l *lowerer) simpleTargets(lhs []ast.Expr, tok token.Token) bool {
	for _, e := range lhs {
		if tok == token.DEFINE && !l.isNew(e) {
			return false
		}
		if _, ok := ast.Unparen(e).(*ast.Ident); !ok {
			return false
		}
	}
	return true
}
