package lower

import (
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"strings"
	"unsafe"

	"lyceum/kernel/session/rt/forge"
)

// typeError is what resolution of types panics with; Cell returns it.
type typeError struct{ err error }

var basicTypes = map[types.BasicKind]reflect.Type{
	types.Bool: reflect.TypeFor[bool](), types.String: reflect.TypeFor[string](),
	types.Int: reflect.TypeFor[int](), types.Int8: reflect.TypeFor[int8](), types.Int16: reflect.TypeFor[int16](),
	types.Int32: reflect.TypeFor[int32](), types.Int64: reflect.TypeFor[int64](),
	types.Uint: reflect.TypeFor[uint](), types.Uint8: reflect.TypeFor[uint8](), types.Uint16: reflect.TypeFor[uint16](),
	types.Uint32: reflect.TypeFor[uint32](), types.Uint64: reflect.TypeFor[uint64](), types.Uintptr: reflect.TypeFor[uintptr](),
	types.Float32: reflect.TypeFor[float32](), types.Float64: reflect.TypeFor[float64](),
	types.Complex64: reflect.TypeFor[complex64](), types.Complex128: reflect.TypeFor[complex128](),
	types.UnsafePointer: reflect.TypeFor[unsafe.Pointer](),
	types.UntypedBool:   reflect.TypeFor[bool](), types.UntypedInt: reflect.TypeFor[int](), types.UntypedRune: reflect.TypeFor[rune](),
	types.UntypedFloat: reflect.TypeFor[float64](), types.UntypedComplex: reflect.TypeFor[complex128](),
	types.UntypedString: reflect.TypeFor[string](), types.UntypedNil: reflect.TypeFor[any](),
}

// Type returns the run-time type of a Go type as go/types sees it, making it
// when it was declared in a cell.
func (w *World) Type(t types.Type) (reflect.Type, error) {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		if r, ok := basicTypes[t.Kind()]; ok {
			return r, nil
		}
	case *types.Named:
		return w.namedType(t)
	case *types.Pointer:
		e, err := w.referred(func() (reflect.Type, error) { return w.Type(t.Elem()) })
		if err != nil {
			return nil, err
		}
		return reflect.PointerTo(e), nil
	case *types.Slice:
		e, err := w.referred(func() (reflect.Type, error) { return w.Type(t.Elem()) })
		if err != nil {
			return nil, err
		}
		return reflect.SliceOf(e), nil
	case *types.Array:
		e, err := w.complete(t.Elem())
		if err != nil {
			return nil, err
		}
		return reflect.ArrayOf(int(t.Len()), e), nil
	case *types.Map:
		k, err := w.complete(t.Key())
		if err != nil {
			return nil, err
		}
		e, err := w.complete(t.Elem())
		if err != nil {
			return nil, err
		}
		return reflect.MapOf(k, e), nil
	case *types.Chan:
		e, err := w.complete(t.Elem())
		if err != nil {
			return nil, err
		}
		return reflect.ChanOf(map[types.ChanDir]reflect.ChanDir{types.SendRecv: reflect.BothDir, types.SendOnly: reflect.SendDir, types.RecvOnly: reflect.RecvDir}[t.Dir()], e), nil
	case *types.Signature:
		return w.funcType(t)
	case *types.Struct, *types.Interface:
		return w.literalType(t)
	}
	return nil, fmt.Errorf("lower: type %s is not supported in a cell", t)
}

// incomplete reports that a type's size is needed before it is known: it is
// being declared, and refers to itself through a map or an array.
type incomplete struct{ t types.Type }

func (e incomplete) Error() string { return fmt.Sprintf("lower: %s is incomplete", e.t) }

// complete is Type for a component whose size matters.
func (w *World) complete(t types.Type) (reflect.Type, error) {
	behind := w.behind
	w.behind = 0
	defer func() { w.behind = behind }()
	if n, ok := types.Unalias(t).(*types.Named); ok {
		m := w.find(n)
		if m != nil && m.define != nil {
			if err := w.finish(m); err != nil {
				return nil, err
			}
		}
		if m != nil && !m.made.Defined() {
			switch n.Underlying().(type) {
			case *types.Struct, *types.Array:
				return nil, incomplete{t}
			}
		}
	}
	return w.Type(t)
}

func (w *World) funcType(s *types.Signature) (reflect.Type, error) {
	var in, out []reflect.Type
	for _, l := range []struct {
		vars *types.Tuple
		to   *[]reflect.Type
	}{{s.Params(), &in}, {s.Results(), &out}} {
		for i := range l.vars.Len() {
			t, err := w.referred(func() (reflect.Type, error) { return w.Type(l.vars.At(i).Type()) })
			if err != nil {
				return nil, err
			}
			*l.to = append(*l.to, t)
		}
	}
	return w.funcOf(in, out, s.Variadic()), nil
}

// funcOf is reflect.FuncOf with a memory of its own: reflect finds a function
// type again by the hashes of its parameters, and those of forged types change
// when they gain methods.
func (w *World) funcOf(in, out []reflect.Type, variadic bool) reflect.Type {
	key := fmt.Sprint(variadic)
	for i, t := range append(append([]reflect.Type{nil}, in...), append([]reflect.Type{nil}, out...)...) {
		key += fmt.Sprintf(" %d:%p", i, t)
	}
	if t, ok := w.funcs[key]; ok {
		return t
	}
	t := reflect.FuncOf(in, out, variadic)
	w.funcs[key] = t
	return t
}

// literalType finds or makes the run-time type of a struct or interface
// literal. Those with exported plain fields only come from reflect, so that
// compiled code can share them.
func (w *World) literalType(t types.Type) (reflect.Type, error) {
	if u, ok := w.unnamed.At(t).(*unnamedType); ok {
		return u.typ, nil
	}
	var made reflect.Type
	var literal *forge.Named
	var err error
	switch t := t.(type) {
	case *types.Interface:
		if t.NumMethods() == 0 {
			return reflect.TypeFor[any](), nil
		}
		var ms []forge.Method
		if ms, err = w.interfaceMethods(t); err == nil {
			made, err = forge.InterfaceOf("main", interfaceString(ms), ms)
		}
	case *types.Struct:
		err = w.defineStruct(t, func(fields []forge.Field) (err error) {
			if plain := plainFields(fields); plain != nil {
				made = reflect.StructOf(plain)
				return nil
			}
			var n *forge.Named
			if n, err = forge.StructOf("main", fields); err != nil {
				return err
			}
			made, literal = n.Type(), n
			return nil
		}, func() reflect.Type { return made })
	}
	if err != nil {
		return nil, err
	}
	sym := w.typeSymbol("S", made)
	u := &unnamedType{typ: made, sym: sym}
	w.unnamed.Set(t, u)
	s, isStruct := t.(*types.Struct)
	if !isStruct {
		return made, nil
	}
	var n *namedType
	if literal != nil && types.NewMethodSet(types.NewPointer(t)).Len() > 0 {
		n = &namedType{typ: t, made: literal, sym: sym}
		n.register()
		w.order = append(w.order, n)
	}
	return made, w.whenDefined(func() error { return w.literalTwin(u, s, n) })
}

func plainFields(fields []forge.Field) []reflect.StructField {
	out := make([]reflect.StructField, len(fields))
	for i, f := range fields {
		if !token.IsExported(f.Name) || f.Embedded {
			return nil
		}
		out[i] = reflect.StructField{Name: f.Name, Type: f.Type, Tag: reflect.StructTag(f.Tag)}
	}
	return out
}

func interfaceString(ms []forge.Method) string {
	var parts []string
	for _, m := range ms {
		parts = append(parts, m.Name+strings.TrimPrefix(m.Type.String(), "func"))
	}
	return "interface { " + strings.Join(parts, "; ") + " }"
}

func kindOf(t types.Type) reflect.Kind {
	switch t := t.(type) {
	case *types.Basic:
		return basicTypes[t.Kind()].Kind()
	case *types.Pointer:
		return reflect.Pointer
	case *types.Slice:
		return reflect.Slice
	case *types.Array:
		return reflect.Array
	case *types.Map:
		return reflect.Map
	case *types.Chan:
		return reflect.Chan
	case *types.Signature:
		return reflect.Func
	case *types.Interface:
		return reflect.Interface
	}
	return reflect.Struct
}
