package lower

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"strconv"
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

// namedType finds the run-time type of a named type. Types of compiled
// packages come from the symbol tables.
func (w *World) namedType(t *types.Named) (reflect.Type, error) {
	obj := t.Obj()
	if n := w.find(t); n != nil {
		return n.made.Type(), nil
	}
	if t.TypeArgs().Len() > 0 {
		return w.instance(t)
	}
	if obj.Pkg() == nil {
		switch obj.Name() {
		case "error":
			return reflect.TypeFor[error](), nil
		}
		return nil, fmt.Errorf("lower: %s cannot be used as the type of a value", obj.Name())
	}
	if v, ok := w.symbol(obj.Pkg().Path(), obj.Name()); ok && v.Kind() == reflect.Pointer {
		return v.Type().Elem(), nil
	}
	if w.isCompiledPackage(obj.Pkg()) {
		if r := w.hidden(t); r != nil {
			return r, nil
		}
		return nil, fmt.Errorf("lower: the unexported type %s.%s cannot be named in a cell", obj.Pkg().Path(), obj.Name())
	}
	return w.declare(t)
}

// isCompiledPackage says whether some exported symbol of the package is known.
func (w *World) isCompiledPackage(p *types.Package) bool {
	for _, n := range p.Scope().Names() {
		if token.IsExported(n) {
			if _, ok := w.symbol(p.Path(), n); ok {
				return true
			}
		}
	}
	return false
}

// declare makes the run-time type for a type declared in a cell.
func (w *World) declare(t *types.Named) (reflect.Type, error) {
	under := t.Underlying()
	n := &namedType{obj: t.Obj(), typ: t, made: forge.New(t.Obj().Pkg().Path(), displayName(t), kindOf(under))}
	n.sym = w.typeSymbol("T", n.made.Type())
	n.register()
	w.put(t, n)
	w.order = append(w.order, n)
	return n.made.Type(), w.begin(n, func() error { return w.define(n, under) })
}

// define gives a type that was begun its structure.
func (w *World) define(n *namedType, under types.Type) error {
	switch u := under.(type) {
	case *types.Struct:
		if err := w.defineStruct(u, n.made.DefineStruct, n.made.Type); err != nil {
			return err
		}
		w.late = append(w.late, func() error {
			err := w.twin(n, u)
			w.twins = w.twins || n.twin != nil
			return err
		})
		return nil
	case *types.Interface:
		ms, err := w.interfaceMethods(u)
		if err != nil {
			return err
		}
		return n.made.DefineInterface(ms)
	}
	r, err := w.Type(under)
	if err != nil {
		return err
	}
	return n.made.Define(r)
}

// defineStruct resolves the fields of a struct. A field whose type cannot be
// composed before the struct has its size is given a stand-in of the same
// layout first.
func (w *World) defineStruct(s *types.Struct, define func([]forge.Field) error, self func() reflect.Type) error {
	fields := make([]forge.Field, s.NumFields())
	late := map[int]types.Type{}
	for i := range fields {
		v := s.Field(i)
		t, err := w.complete(v.Type())
		if inc, ok := err.(incomplete); ok {
			if t = standIn(v.Type()); t == nil {
				return inc
			}
			late[i], err = v.Type(), nil
		}
		if err != nil {
			return err
		}
		fields[i] = forge.Field{Name: v.Name(), Tag: s.Tag(i), Type: t, Embedded: v.Embedded()}
		if !v.Exported() {
			fields[i].Open = true
			fields[i].Tag = closedTag(v, s.Tag(i))
		}
	}
	if err := define(fields); err != nil {
		return err
	}
	settle := func() error {
		for i, ft := range late {
			t, err := w.Type(ft)
			if err != nil {
				return err
			}
			if err := forge.SetFieldType(self(), i, t); err != nil {
				return err
			}
		}
		return nil
	}
	err := settle()
	if _, ok := err.(incomplete); ok && w.defining > 0 {
		w.late = append(w.late, settle)
		return nil
	}
	return err
}

// closedTag makes encoders skip an unexported field, which reflect sees as
// readable. An embedded struct of unexported type still lends its exported
// fields, as in Go.
func closedTag(v *types.Var, tag string) string {
	if v.Embedded() {
		t := v.Type()
		if p, ok := types.Unalias(t).(*types.Pointer); ok {
			t = p.Elem()
		}
		if _, ok := t.Underlying().(*types.Struct); ok {
			return tag
		}
	}
	return `json:"-" xml:"-"`
}

// standIn is a type with the layout of t: a pointer, slice, map, channel,
// function or interface has the same one whatever it is made of.
func standIn(t types.Type) reflect.Type {
	switch t.Underlying().(type) {
	case *types.Pointer:
		return reflect.TypeFor[*int]()
	case *types.Slice:
		return reflect.TypeFor[[]int]()
	case *types.Map:
		return reflect.TypeFor[map[int]int]()
	case *types.Chan:
		return reflect.TypeFor[chan int]()
	case *types.Signature:
		return reflect.TypeFor[func()]()
	}
	return nil
}

func (w *World) interfaceMethods(t *types.Interface) ([]forge.Method, error) {
	var ms []forge.Method
	for i := range t.NumMethods() {
		ft, err := w.funcType(t.Method(i).Type().(*types.Signature))
		if err != nil {
			return nil, err
		}
		ms = append(ms, forge.Method{Name: t.Method(i).Name(), Type: ft})
	}
	return ms, nil
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
	w.unnamed.Set(t, &unnamedType{made, sym})
	if _, isStruct := t.(*types.Struct); isStruct && literal != nil && types.NewMethodSet(types.NewPointer(t)).Len() > 0 {
		n := &namedType{typ: t, made: literal, sym: sym}
		n.register()
		w.order = append(w.order, n)
	}
	return made, nil
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
