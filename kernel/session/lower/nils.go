package lower

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
)

// A nil pointer that is followed ends a function somewhere: the interpreter cannot say in which statement. Lowered code
// compares first, as it does for indices, where that can be done before the statement; what is known not to be nil, because
// the block or one around has compared already and nobody can change it, is not compared again.

// checkNil arranges the check of a pointer before it is followed at e.
func (l *lowerer) checkNil(e, pointer ast.Expr) {
	if !l.early() || !l.fieldOfVariable(pointer) {
		return
	}
	if _, ok := l.typeOf(pointer).Underlying().(*types.Pointer); !ok {
		return
	}
	if id, ok := ast.Unparen(pointer).(*ast.Ident); ok && l.nonNil[l.info.ObjectOf(id)] {
		return
	}
	pos := e.Pos()
	l.precheck("nil|"+types.ExprString(pointer), func() ast.Stmt {
		return ifStmt(pos, binary(paren(l.expr(pointer)), token.EQL, ident("nil", pos)), &ast.ExprStmt{X: l.rtCall("BadNil", pos, l.placeOf(pos))})
	})
	if obj := l.constantPointer(pointer); obj != nil && l.nonNil != nil {
		l.nonNil[obj] = true
	}
}

// fieldOfVariable says whether e is a variable, or a field of a field of one: to look twice costs little and changes nothing.
func (l *lowerer) fieldOfVariable(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		_, ok := l.info.ObjectOf(e).(*types.Var)
		return ok
	case *ast.SelectorExpr:
		s := l.info.Selections[e]
		return s != nil && s.Kind() == types.FieldVal && l.fieldOfVariable(e.X)
	}
	return false
}

// constantPointer is the variable that e is, if it keeps its first value.
func (l *lowerer) constantPointer(e ast.Expr) types.Object {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return nil
	}
	obj := l.info.ObjectOf(id)
	if v, ok := obj.(*types.Var); !ok || v.IsField() || l.isGlobal(obj) || l.fn.facts.changed[obj] || l.fn.facts.shared[obj] || len(l.fn.facts.gotos) > 0 {
		return nil
	}
	return obj
}

// within rewrites a block: what it finds not to be nil is known until its end.
func (l *lowerer) within(f func()) {
	saved := l.nonNil
	l.nonNil = maps.Clone(saved)
	if l.nonNil == nil {
		l.nonNil = map[types.Object]bool{}
	}
	f()
	l.nonNil = saved
}

// where rewrites with f what runs only where cond holds: variables that it compares with nil are not nil there, if body does
// not change them.
func (l *lowerer) where(cond ast.Expr, body ast.Node, f func()) {
	l.within(func() {
		for _, obj := range l.notNil(cond) {
			if !assignedIn(l.info, body, obj) {
				l.nonNil[obj] = true
			}
		}
		f()
	})
}

// notNil are the variables of a function that a condition says are not nil.
func (l *lowerer) notNil(cond ast.Expr) []types.Object {
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	if !ok {
		return nil
	}
	if b.Op == token.LAND {
		return append(l.notNil(b.X), l.notNil(b.Y)...)
	}
	id, ok := ast.Unparen(b.X).(*ast.Ident)
	if !ok || b.Op != token.NEQ || !isNil(l.typeOf(b.Y)) {
		return nil
	}
	obj := l.info.ObjectOf(id)
	if l.isGlobal(obj) || l.fn.facts.shared[obj] || len(l.fn.facts.gotos) > 0 {
		return nil
	}
	return []types.Object{obj}
}
