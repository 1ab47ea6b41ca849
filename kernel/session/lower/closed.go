package lower

import (
	"go/ast"
	"go/types"
	"reflect"

	"lyceum/kernel/session/rt"
	"lyceum/kernel/session/rt/forge"
)

// Unexported fields of forged structs are open to reflect, for the sake of the
// interpreter. To fmt that makes a difference: it calls String and Error on
// what it can reach, and on unexported fields it must not. A struct type where
// it matters therefore has a twin of the same layout whose unexported fields
// are closed, and operands of fmt and log are shown as their twin.

// twin makes the closed twin of a struct type if fmt could tell the two apart.
func (w *World) twin(n *namedType, s *types.Struct) error {
	if !w.tells(s, map[types.Type]bool{}) {
		return nil
	}
	n.twin = n.made.Twin()
	if err := n.twin.DefineStruct(w.closedFields(s, n.made.Type())); err != nil {
		n.twin = nil
		return err
	}
	rt.RegisterTwin(n.made.Type(), n.twin.Type())
	return nil
}

// literalTwin is twin for a struct literal; n is the type if it has methods.
func (w *World) literalTwin(u *unnamedType, s *types.Struct, n *namedType) error {
	if !w.tells(s, map[types.Type]bool{}) {
		return nil
	}
	w.twins = true
	if n != nil {
		err := w.twin(n, s)
		if n.twin != nil {
			u.twin = n.twin.Type()
		}
		return err
	}
	t, err := forge.StructOf("main", w.closedFields(s, u.typ))
	if err != nil {
		return err
	}
	u.twin = t.Type()
	rt.RegisterTwin(u.typ, u.twin)
	return nil
}

// closedFields are the fields of a struct as fmt should see them.
func (w *World) closedFields(s *types.Struct, r reflect.Type) []forge.Field {
	fields := make([]forge.Field, s.NumFields())
	for i := range fields {
		v := s.Field(i)
		t := r.Field(i).Type
		if v.Exported() {
			t = w.closed(v.Type(), t)
		}
		fields[i] = forge.Field{Name: v.Name(), Tag: s.Tag(i), Type: t, Embedded: v.Embedded()}
	}
	return fields
}

// tells says whether fmt can tell a struct from its closed twin: an unexported
// field may have methods, or an exported one holds such a struct.
func (w *World) tells(s *types.Struct, seen map[types.Type]bool) bool {
	for i := range s.NumFields() {
		f := s.Field(i)
		if f.Exported() {
			if in := structUnder(f.Type()); in != nil && !seen[in] {
				seen[in] = true
				if w.tells(in, seen) {
					return true
				}
			}
		} else if mayHaveMethods(f.Type(), map[types.Type]bool{}) {
			return true
		}
	}
	return false
}

// structUnder is the struct that a type is, points to or lists.
func structUnder(t types.Type) *types.Struct {
	switch u := t.Underlying().(type) {
	case *types.Struct:
		return u
	case interface{ Elem() types.Type }:
		if s, ok := u.Elem().Underlying().(*types.Struct); ok {
			return s
		}
	}
	return nil
}

// mayHaveMethods says whether a value of the type can lead to one with methods.
func mayHaveMethods(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	if types.IsInterface(t) || types.NewMethodSet(t).Len() > 0 {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for i := range u.NumFields() {
			if mayHaveMethods(u.Field(i).Type(), seen) {
				return true
			}
		}
	case *types.Map:
		return mayHaveMethods(u.Key(), seen) || mayHaveMethods(u.Elem(), seen)
	case *types.Pointer:
		return types.NewMethodSet(u).Len() > 0
	case interface{ Elem() types.Type }:
		return mayHaveMethods(u.Elem(), seen)
	}
	return false
}

// closed replaces struct types with twins in a type.
func (w *World) closed(t types.Type, r reflect.Type) reflect.Type {
	if n, ok := types.Unalias(t).(*types.Named); ok {
		if d := w.named[n.Obj()]; d != nil && d.twin != nil && d.twin.Defined() {
			return d.twin.Type()
		}
		return r
	}
	switch u := types.Unalias(t).(type) {
	case *types.Struct:
		if l, ok := w.unnamed.At(u).(*unnamedType); ok && l.twin != nil {
			return l.twin
		}
	case *types.Pointer:
		if e := w.closed(u.Elem(), r.Elem()); e != r.Elem() {
			return reflect.PointerTo(e)
		}
	case *types.Slice:
		if e := w.closed(u.Elem(), r.Elem()); e != r.Elem() {
			return reflect.SliceOf(e)
		}
	}
	return r
}

// shows says whether a call is of a function that formats its operands.
func (l *lowerer) shows(fun ast.Expr) bool {
	if !l.w.twins {
		return false
	}
	sel, ok := ast.Unparen(fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	f, ok := l.info.Uses[sel.Sel].(*types.Func)
	return ok && f.Pkg() != nil && (f.Pkg().Path() == "fmt" || f.Pkg().Path() == "log")
}

// shown lowers an operand that is formatted.
func (l *lowerer) shown(e ast.Expr, to types.Type) ast.Expr {
	x := l.value(e, to)
	if i, ok := to.Underlying().(*types.Interface); !ok || !i.Empty() || !mayHaveStruct(l.typeOf(e), 0) {
		return x
	}
	return l.rtCall("Closed", e.Pos(), x)
}

// mayHaveStruct says whether a value can hold a struct; yes for types that hold themselves.
func mayHaveStruct(t types.Type, depth int) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic, *types.Signature, *types.Chan:
		return false
	case *types.Map:
		return depth > 4 || mayHaveStruct(u.Key(), depth+1) || mayHaveStruct(u.Elem(), depth+1)
	case interface{ Elem() types.Type }:
		return depth > 4 || mayHaveStruct(u.Elem(), depth+1)
	}
	return true
}
