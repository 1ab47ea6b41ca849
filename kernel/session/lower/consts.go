package lower

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"math"
	"reflect"
	"strconv"
)

// constKey identifies a constant in package lyceum/cell.
type constKey struct {
	typ reflect.Type
	val string
}

// constExpr writes a constant with its type. int, float64, string and bool
// have literals; a constant of any other type becomes a symbol that holds the
// value, so that the interpreter neither converts nor computes it.
func (l *lowerer) constExpr(v constant.Value, t types.Type, pos token.Pos) ast.Expr {
	t = types.Default(types.Unalias(t))
	if b, ok := t.(*types.Basic); ok {
		switch b.Kind() {
		case types.Bool:
			return ident(strconv.FormatBool(constant.BoolVal(v)), pos)
		case types.String:
			return stringLit(constant.StringVal(v), pos)
		case types.Int:
			if i, ok := constant.Int64Val(constant.ToInt(v)); ok && i >= 0 {
				return intLit(i, pos)
			}
		case types.Float64:
			f, _ := constant.Float64Val(v)
			if s := strconv.FormatFloat(f, 'e', -1, 64); f >= 0 && !math.IsInf(f, 0) {
				return &ast.BasicLit{ValuePos: pos, Kind: token.FLOAT, Value: s}
			}
		}
	}
	rt := l.runtimeType(t)
	if rt.Kind() == reflect.Interface {
		return l.constExpr(v, defaultOf(v), pos)
	}
	return l.valueSym(rt, v, pos)
}

// valueSym refers to a constant as a compiled symbol.
func (l *lowerer) valueSym(rt reflect.Type, v constant.Value, pos token.Pos) ast.Expr {
	key := constKey{rt, v.ExactString()}
	sym, ok := l.w.kinds[key]
	if !ok {
		sym = l.w.next("K")
		l.w.kinds[key] = sym
		l.w.fresh[sym] = constValue(rt, v)
	}
	return l.cellSel(sym, pos)
}

func defaultOf(v constant.Value) types.Type {
	switch v.Kind() {
	case constant.Bool:
		return types.Typ[types.Bool]
	case constant.String:
		return types.Typ[types.String]
	case constant.Int:
		return types.Typ[types.Int]
	case constant.Float:
		return types.Typ[types.Float64]
	}
	return types.Typ[types.Complex128]
}

// constValue converts a constant to a value of type rt; go/types has checked
// that it is representable.
func constValue(rt reflect.Type, v constant.Value) reflect.Value {
	out := reflect.New(rt).Elem()
	switch rt.Kind() {
	case reflect.Bool:
		out.SetBool(constant.BoolVal(v))
	case reflect.String:
		out.SetString(constant.StringVal(v))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		i, _ := constant.Int64Val(constant.ToInt(v))
		out.SetInt(i)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		u, _ := constant.Uint64Val(constant.ToInt(v))
		out.SetUint(u)
	case reflect.Float32:
		f, _ := constant.Float32Val(v)
		out.SetFloat(float64(f))
	case reflect.Float64:
		f, _ := constant.Float64Val(v)
		out.SetFloat(f)
	case reflect.Complex64, reflect.Complex128:
		re, _ := constant.Float64Val(constant.Real(v))
		im, _ := constant.Float64Val(constant.Imag(v))
		out.SetComplex(complex(re, im))
	}
	// Not addressable: a symbol that could be set would be a variable.
	return reflect.ValueOf(out.Interface())
}

func intLit(i int64, pos token.Pos) *ast.BasicLit {
	return &ast.BasicLit{ValuePos: pos, Kind: token.INT, Value: strconv.FormatInt(i, 10)}
}

func stringLit(s string, pos token.Pos) *ast.BasicLit {
	return &ast.BasicLit{ValuePos: pos, Kind: token.STRING, Value: strconv.Quote(s)}
}
