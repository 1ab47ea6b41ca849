package lower

import (
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"strconv"
)

// typeExpr writes a type as syntax at a position.
func (l *lowerer) typeExpr(t types.Type, pos token.Pos) ast.Expr {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			return l.pkgSel("unsafe", "Pointer", pos)
		}
		return ident(basicTypes[t.Kind()].String(), pos)
	case *types.Named:
		return l.namedExpr(t, pos)
	case *types.Pointer:
		return &ast.StarExpr{Star: pos, X: l.typeExpr(t.Elem(), pos)}
	case *types.Slice:
		return &ast.ArrayType{Lbrack: pos, Elt: l.typeExpr(t.Elem(), pos)}
	case *types.Array:
		n := &ast.BasicLit{ValuePos: pos, Kind: token.INT, Value: strconv.FormatInt(t.Len(), 10)}
		return &ast.ArrayType{Lbrack: pos, Len: n, Elt: l.typeExpr(t.Elem(), pos)}
	case *types.Map:
		return &ast.MapType{Map: pos, Key: l.typeExpr(t.Key(), pos), Value: l.typeExpr(t.Elem(), pos)}
	case *types.Chan:
		dir := map[types.ChanDir]ast.ChanDir{types.SendRecv: ast.SEND | ast.RECV, types.SendOnly: ast.SEND, types.RecvOnly: ast.RECV}[t.Dir()]
		return &ast.ChanType{Begin: pos, Dir: dir, Value: l.typeExpr(t.Elem(), pos)}
	case *types.Signature:
		return l.funcTypeExpr(t, pos)
	case *types.Interface:
		if t.Empty() {
			return &ast.InterfaceType{Interface: pos, Methods: &ast.FieldList{Opening: pos, Closing: pos}}
		}
	case *types.Struct:
		if t.NumFields() == 0 {
			return &ast.StructType{Struct: pos, Fields: &ast.FieldList{Opening: pos, Closing: pos}}
		}
	}
	l.runtimeType(t)
	u, ok := l.w.unnamed.At(t).(*unnamedType)
	if !ok {
		l.fail(pos, "type %s is not supported", t)
	}
	return l.cellSel(u.sym, pos)
}

func (l *lowerer) namedExpr(t *types.Named, pos token.Pos) ast.Expr {
	obj := t.Obj()
	if obj.Pkg() == nil {
		return ident(obj.Name(), pos)
	}
	l.runtimeType(t)
	if n := l.w.find(t); n != nil {
		return l.cellSel(n.sym, pos)
	}
	if u, ok := l.w.unnamed.At(t).(*unnamedType); ok {
		return l.cellSel(u.sym, pos)
	}
	return l.pkgSel(obj.Pkg().Path(), obj.Name(), pos)
}

// runtimeType is World.Type for a type that must exist.
func (l *lowerer) runtimeType(t types.Type) reflect.Type {
	r, err := l.w.Type(t)
	if err != nil {
		panic(typeError{err})
	}
	return r
}

func (l *lowerer) funcTypeExpr(s *types.Signature, pos token.Pos) *ast.FuncType {
	ft := &ast.FuncType{Func: pos, Params: &ast.FieldList{Opening: pos, Closing: pos}}
	for i := range s.Params().Len() {
		t := s.Params().At(i).Type()
		var e ast.Expr
		if s.Variadic() && i == s.Params().Len()-1 {
			e = &ast.Ellipsis{Ellipsis: pos, Elt: l.typeExpr(variadicElem(t), pos)}
		} else {
			e = l.typeExpr(t, pos)
		}
		ft.Params.List = append(ft.Params.List, &ast.Field{Type: e})
	}
	if n := s.Results().Len(); n > 0 {
		ft.Results = &ast.FieldList{Opening: pos, Closing: pos}
		for i := range n {
			ft.Results.List = append(ft.Results.List, &ast.Field{Type: l.typeExpr(s.Results().At(i).Type(), pos)})
		}
	}
	return ft
}

// variadicElem is the element of the last parameter's slice; append's special
// form takes a string.
func variadicElem(t types.Type) types.Type {
	if s, ok := t.Underlying().(*types.Slice); ok {
		return s.Elem()
	}
	return types.Typ[types.Byte]
}
