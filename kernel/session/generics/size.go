package generics

import (
	"go/ast"
	"go/constant"
	"go/types"
	"runtime"
)

// size computes unsafe.Sizeof, Alignof and Offsetof, which are no constants
// only as long as a type parameter is in their operand; nil for other calls.
func (c *copier) size(call *ast.CallExpr) constant.Value {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || len(call.Args) != 1 {
		return nil
	}
	b, ok := c.to.Uses[sel.Sel].(*types.Builtin)
	if !ok {
		return nil
	}
	sizes := types.SizesFor("gc", runtime.GOARCH)
	arg := ast.Unparen(call.Args[0])
	switch t := c.to.Types[arg].Type; b.Name() {
	case "Sizeof":
		return constant.MakeInt64(sizes.Sizeof(t))
	case "Alignof":
		return constant.MakeInt64(sizes.Alignof(t))
	case "Offsetof":
		if x, ok := arg.(*ast.SelectorExpr); ok && c.to.Selections[x] != nil {
			return constant.MakeInt64(offset(sizes, c.to.Selections[x]))
		}
	}
	return nil
}

// offset adds up the offsets of the fields on the way to a selected one.
func offset(sizes types.Sizes, s *types.Selection) int64 {
	t, sum := s.Recv(), int64(0)
	for _, i := range s.Index() {
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t, sum = p.Elem(), 0 // the offset is that from the last pointer on
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok {
			return sum
		}
		var fields []*types.Var
		for f := range st.Fields() {
			fields = append(fields, f)
		}
		sum += sizes.Offsetsof(fields)[i]
		t = fields[i].Type()
	}
	return sum
}
