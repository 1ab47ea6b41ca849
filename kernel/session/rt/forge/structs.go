package forge

import (
	"fmt"
	"go/token"
	"reflect"
	"unsafe"
)

// Field is a field of a forged struct.
type Field struct {
	Name     string
	Tag      string
	Type     reflect.Type
	Embedded bool
	// Hidden goes before Tag for whoever reads the field's tag; the name of the struct type does not show it.
	Hidden string
	// Open makes reflect treat an unexported field as readable and
	// settable, which the interpreter needs; %v and json go by the name.
	Open bool
}

func (f Field) tag() string {
	if f.Hidden != "" && f.Tag != "" {
		return f.Hidden + " " + f.Tag
	}
	return f.Hidden + f.Tag
}

// StructOf returns the unnamed struct type with the given fields. Unlike
// reflect.StructOf it accepts unexported and embedded fields of any type.
// Each call makes a new type: callers keep the one they made.
func StructOf(pkg string, fields []Field) (*Named, error) {
	n := &Named{name: structString(fields), pkg: pkg, kind: reflect.Struct, slots: map[slotKey]int{}, unnamed: true}
	n.rt, n.ptr = newBlock(reflect.Struct), newBlock(reflect.Pointer)
	n.rt.kind = uint8(reflect.Struct)
	n.copyHead(n.ptr, rtypeOf(reflect.TypeFor[*int]()), reflect.Pointer)
	(*elemType)(unsafe.Pointer(n.ptr)).elem = n.rt
	if err := n.DefineStruct(fields); err != nil {
		return nil, err
	}
	return n, nil
}

func structString(fields []Field) string {
	s := "struct {"
	for i, f := range fields {
		if i > 0 {
			s += ";"
		}
		if !f.Embedded {
			s += " " + f.Name
		}
		s += " " + f.Type.String()
		if f.Tag != "" {
			s += fmt.Sprintf(" %q", f.Tag)
		}
	}
	if len(fields) > 0 {
		s += " "
	}
	return s + "}"
}

// DefineStruct gives a struct type its fields.
func (n *Named) DefineStruct(fields []Field) error {
	plain := make([]reflect.StructField, len(fields))
	for i, f := range fields {
		// reflect computes layout, comparison and pointer map; names come after.
		plain[i] = reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: f.Type}
		if f.Name == "_" {
			plain[i].Name, plain[i].PkgPath = "_", n.pkg
		}
	}
	base, err := structOf(plain)
	if err != nil {
		return fmt.Errorf("forge: %s: %v", n.name, err)
	}
	if err := n.Define(base); err != nil {
		return err
	}
	st := (*structType)(unsafe.Pointer(n.rt))
	own := make([]structField, len(fields))
	copy(own, st.fields)
	for i, f := range fields {
		own[i].name = newName(f.Name, f.tag(), f.Open || token.IsExported(f.Name), f.Embedded)
	}
	hold(own)
	st.fields = own
	st.pkgPath = newName(n.pkg, "", false, false)
	return nil
}

func structOf(fields []reflect.StructField) (t reflect.Type, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return reflect.StructOf(dedupBlank(fields)), nil
}

// dedupBlank renames blank fields, of which reflect.StructOf takes only one;
// they stay out of comparison only when named _, so that one is kept.
func dedupBlank(fields []reflect.StructField) []reflect.StructField {
	seen := false
	for i := range fields {
		if fields[i].Name == "_" {
			if seen {
				fields[i].Name, fields[i].PkgPath = fmt.Sprintf("F%d", i), ""
			}
			seen = true
		}
	}
	return fields
}

// SetFieldType replaces the type of field i by one of the same layout. It
// closes recursion through a map, function or channel whose type could not be
// composed before the struct had its size.
func SetFieldType(t reflect.Type, i int, ft reflect.Type) error {
	st := (*structType)(unsafe.Pointer(rtypeOf(t)))
	old := st.fields[i].typ
	if r := rtypeOf(ft); old.size == r.size && old.ptrBytes == r.ptrBytes && old.align == r.align {
		st.fields[i].typ = r
		hold(ft)
		return nil
	}
	return fmt.Errorf("forge: field %d of %s cannot become %s: another layout", i, t, ft)
}
