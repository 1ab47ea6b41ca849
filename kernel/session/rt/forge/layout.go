// Package forge makes named Go types with methods at run time.
//
// reflect can compose types (slices, structs, functions) but cannot name one or
// give it methods. A cell that declares `type Point struct{...}` with a String
// method needs exactly that: an identity that ==, type switches and map keys
// respect, a name for %T, and methods that fmt, encoding/json, errors.As and
// sort find by themselves. forge builds the descriptor that the Go compiler
// would have emitted: the layout of internal/abi.Type (Go 1.22 to 1.26) with
// its method table. Method bodies are closures, reached through a table of
// machine code entries (slots_*.s).
package forge

import (
	"reflect"
	"unsafe"
)

// The mirror of internal/abi.Type and its relatives.

type (
	nameOffset int32
	typeOffset int32
	textOffset int32
)

type rtype struct {
	size      uintptr
	ptrBytes  uintptr
	hash      uint32
	tflag     uint8
	align     uint8
	fldAlign  uint8
	kind      uint8
	equal     unsafe.Pointer
	gcData    unsafe.Pointer
	str       nameOffset
	ptrToThis typeOffset
}

const (
	flagUncommon  = 1 << 0
	flagExtraStar = 1 << 1
	flagNamed     = 1 << 2
)

type uncommon struct {
	pkgPath nameOffset
	mcount  uint16
	xcount  uint16
	moff    uint32
	_       uint32
}

type method struct {
	name nameOffset
	mtyp typeOffset
	ifn  textOffset
	tfn  textOffset
}

type elemType struct { // pointer, slice
	rtype
	elem *rtype
}

type arrayType struct {
	rtype
	elem, slice *rtype
	len         uintptr
}

type chanType struct {
	rtype
	elem *rtype
	dir  int
}

type funcType struct {
	rtype
	in, out uint16
}

type mapType struct {
	rtype
	key, elem, group            *rtype
	hasher                      unsafe.Pointer
	groupSize, slotSize, elemAt uintptr
	flags                       uint32
}

type imethod struct {
	name nameOffset
	typ  typeOffset
}

type interfaceType struct {
	rtype
	pkgPath *byte
	methods []imethod
}

type structField struct {
	name   *byte
	typ    *rtype
	offset uintptr
}

type structType struct {
	rtype
	pkgPath *byte
	fields  []structField
}

// headSize is the size of the kind-specific descriptor, after which the
// uncommon part follows.
func headSize(k reflect.Kind) uintptr {
	switch k {
	case reflect.Struct:
		return unsafe.Sizeof(structType{})
	case reflect.Pointer, reflect.Slice:
		return unsafe.Sizeof(elemType{})
	case reflect.Func:
		return unsafe.Sizeof(funcType{})
	case reflect.Array:
		return unsafe.Sizeof(arrayType{})
	case reflect.Chan:
		return unsafe.Sizeof(chanType{})
	case reflect.Map:
		return unsafe.Sizeof(mapType{})
	case reflect.Interface:
		return unsafe.Sizeof(interfaceType{})
	}
	return unsafe.Sizeof(rtype{})
}

// rtypeOf gives the descriptor behind a reflect.Type: the data word of the
// interface value that holds it.
func rtypeOf(t reflect.Type) *rtype {
	return (*[2]*rtype)(unsafe.Pointer(&t))[1]
}

// typeOf is the inverse of rtypeOf.
func typeOf(r *rtype) reflect.Type {
	var v any
	*(*[2]unsafe.Pointer)(unsafe.Pointer(&v)) = [2]unsafe.Pointer{unsafe.Pointer(r), nil}
	return reflect.TypeOf(v)
}

//go:linkname addReflectOff reflect.addReflectOff
func addReflectOff(unsafe.Pointer) int32

// newName encodes an identifier as the runtime wants it: flags, length, bytes,
// and the same again for a tag.
func newName(name, tag string, exported, embedded bool) *byte {
	var bits byte
	if exported {
		bits |= 1
	}
	if tag != "" {
		bits |= 2
	}
	if embedded {
		bits |= 8
	}
	b := append([]byte{bits}, varint(len(name))...)
	b = append(b, name...)
	if tag != "" {
		b = append(append(b, varint(len(tag))...), tag...)
	}
	hold(&b[0])
	return &b[0]
}

func varint(n int) []byte {
	var b []byte
	for n >= 0x80 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return append(b, byte(n))
}

// offName registers a name and returns the offset by which descriptors refer
// to it.
func offName(s string, exported bool) nameOffset {
	return nameOffset(addReflectOff(unsafe.Pointer(newName(s, "", exported, false))))
}
