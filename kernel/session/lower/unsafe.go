package lower

import (
	"go/ast"
	"go/types"
	"runtime"
)

// sizes are those of this machine.
var sizes = types.SizesFor("gc", runtime.GOARCH)

// unsafeCall lowers the functions of package unsafe, which the interpreter does not have. Those that give constants never
// come here.
func (l *lowerer) unsafeCall(e *ast.CallExpr, name string) ast.Expr {
	pos := e.Pos()
	n := func() ast.Expr { return l.asInt(e.Args[1], l.indexValue(e.Args[1])) }
	switch name {
	case "Add":
		return l.rtCall("UnsafeAdd", pos, l.expr(e.Args[0]), n())
	case "Slice":
		elem := l.typeOf(e).Underlying().(*types.Slice).Elem()
		return l.viaSymbol("UnsafeSlice", e, elem, l.expr(e.Args[0]), n())
	case "SliceData":
		elem := l.typeOf(e).Underlying().(*types.Pointer).Elem()
		return l.viaSymbol("SliceData", e, elem, l.expr(e.Args[0]))
	case "String":
		return l.rtCall("UnsafeString", pos, l.expr(e.Args[0]), n())
	case "StringData":
		return l.rtCall("StringData", pos, l.value(e.Args[0], types.Typ[types.String]))
	}
	return &ast.CallExpr{Fun: l.pkgSel("unsafe", name, pos), Lparen: e.Lparen, Args: l.exprs(e.Args), Rparen: e.Rparen}
}

// viaSymbol calls a function of rt with a type as its last argument, and asserts the result to the type of e.
func (l *lowerer) viaSymbol(fn string, e *ast.CallExpr, t types.Type, args ...ast.Expr) ast.Expr {
	pos := e.Pos()
	c := l.rtCall(fn, pos, append(args, l.typeSym(t, pos))...)
	return &ast.TypeAssertExpr{X: c, Lparen: pos, Type: l.typeExpr(l.typeOf(e), pos), Rparen: pos}
}

// printed lowers the operands of print, which shows addresses where fmt shows values.
func (l *lowerer) printed(args []ast.Expr) []ast.Expr {
	var out []ast.Expr
	for _, a := range args {
		x := l.expr(a)
		if l.info.Types[a].Value == nil {
			switch l.typeOf(a).Underlying().(type) {
			case *types.Interface:
				x = l.rtCall("Pair", a.Pos(), x)
			case *types.Pointer, *types.Map, *types.Chan, *types.Slice, *types.Signature:
				x = l.rtCall("Word", a.Pos(), x)
			}
		}
		out = append(out, x)
	}
	return out
}
