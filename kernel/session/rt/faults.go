package rt

import (
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"unsafe"

	"lyceum/lib/memory"
)

// BadIndex panics as indexing does; at says where.
func BadIndex(i, n int, at ...string) {
	e := runtimeError(fmt.Sprintf("index out of range [%d] with length %d", i, n))
	if i < 0 {
		e = runtimeError(fmt.Sprintf("index out of range [%d]", i))
	}
	raise(e, at...)
	panic(e)
}

// nilFault is a type of its own so that each fault is another value, whose place is known.
type nilFault struct{ runtimeError }

// BadNil panics as following a nil pointer does; at says where.
func BadNil(at ...string) {
	e := &nilFault{"invalid memory address or nil pointer dereference"}
	raise(e, at...)
	panic(e)
}

// Index returns i, or panics when it is no index of something of length n.
func Index(i, n int) int {
	if uint(i) >= uint(n) {
		BadIndex(i, n)
	}
	return i
}

// BadSlice panics as slicing x[lo:hi:max] does; the last three arguments say
// which of the bounds are written.
func BadSlice(lo, hi, max, length, limit int, isString, hasLo, hasHi, hasMax bool) {
	of := "capacity"
	if isString {
		of = "length"
	}
	fault := func(format string, args ...any) {
		panic(runtimeError("slice bounds out of range " + fmt.Sprintf(format, args...)))
	}
	if hasMax {
		switch {
		case max < 0:
			fault("[::%d]", max)
		case max > limit:
			fault("[::%d] with capacity %d", max, limit)
		case hi < 0:
			fault("[:%d:]", hi)
		case hi > max:
			fault("[:%d:%d]", hi, max)
		case lo < 0:
			fault("[%d::]", lo)
		default:
			fault("[%d:%d:]", lo, hi)
		}
	}
	if hasHi {
		switch {
		case hi < 0:
			fault("[:%d]", hi)
		case hi > limit:
			fault("[:%d] with %s %d", hi, of, limit)
		}
	} else {
		hi = length
	}
	if lo < 0 {
		fault("[%d:]", lo)
	}
	fault("[%d:%d]", lo, hi)
}

// assertionFault is the layout of runtime.TypeAssertionError.
type assertionFault struct {
	static, concrete, asserted unsafe.Pointer
	missing                    string
}

// Assert returns v if its dynamic type is t, or implements t; else it panics
// as the assertion v.(t) on a variable of type static does.
func Assert(v any, t, static reflect.Type, at ...string) any {
	if Is(v, t) {
		return v
	}
	e := new(runtime.TypeAssertionError)
	f := (*assertionFault)(unsafe.Pointer(e))
	f.asserted = typePointer(t)
	d := reflect.TypeOf(v)
	if t.Kind() != reflect.Interface || d != nil {
		f.static = typePointer(static)
	}
	if d != nil {
		f.concrete = typePointer(d)
		if t.Kind() == reflect.Interface {
			f.missing = missingMethod(d, t)
		}
	}
	raise(e, at...)
	panic(e)
}

func typePointer(t reflect.Type) unsafe.Pointer { return (*[2]unsafe.Pointer)(unsafe.Pointer(&t))[1] }

func missingMethod(d, t reflect.Type) string {
	for i := range t.NumMethod() {
		m := t.Method(i)
		if have, ok := d.MethodByName(m.Name); !ok || have.Type.NumIn()-1 != m.Type.NumIn() {
			return m.Name
		}
	}
	return t.Method(0).Name
}

// largest is more memory than a process can have, and most what this machine has: Go's runtime would end the process.
const largest = 1 << 47

var most = sync.OnceValue(memory.Most)

// surelyThere is how many bytes MakeLen takes for granted.
const surelyThere = 1 << 24

// MakeLen returns n, or panics as make with a bad size does; what is "len", "cap" or "chan", elem the size of an element.
func MakeLen(n int, what string, elem int) int {
	if n >= 0 && (elem == 0 || n <= largest/elem) {
		if size := int64(n) * int64(elem); size > surelyThere && most() > 0 && size > most() {
			panic(runtimeError(fmt.Sprintf("out of memory: make asks for %s, the machine has %s", memory.Size(size), memory.Size(most()))))
		}
		return n
	}
	bad := -1
	switch what { // the runtime's own panics
	case "len":
		_ = make([]byte, bad)
	case "cap":
		_ = make([]byte, 0, bad)
	default:
		_ = make(chan byte, bad)
	}
	return n
}

// MakeCap panics as make with a length above the capacity does.
func MakeCap(n, c int) {
	if c >= 0 && n > c {
		one := 1
		_ = make([]byte, one+1, one)
	}
}

// MakeHint is the size hint of a map; a negative one counts as none.
func MakeHint(n int) int { return max(n, 0) }

// Array converts a slice to the array type t, or to a pointer to it.
func Array(s any, t reflect.Type) any {
	v := reflect.ValueOf(s)
	a := t
	if t.Kind() == reflect.Pointer {
		a = t.Elem()
	}
	if v.Len() < a.Len() {
		panic(runtimeError(fmt.Sprintf("cannot convert slice with length %d to array or pointer to array with length %d", v.Len(), a.Len())))
	}
	return v.Convert(t).Interface()
}

// Convert converts v to t: between strings and slices of bytes or runes of any
// name too, which reflect leaves out.
func Convert(v any, t reflect.Type) any {
	r := reflect.ValueOf(v)
	switch {
	case r.Kind() == reflect.Struct && t.Kind() == reflect.Struct: // reflect also asks for the same package of the fields
		in := reflect.New(r.Type())
		in.Elem().Set(r)
		return reflect.NewAt(t, in.UnsafePointer()).Elem().Interface()
	case r.Kind() == reflect.Slice && t.Kind() == reflect.String:
		return reflect.ValueOf(viewElems(r).(interface{ string() string }).string()).Convert(t).Interface()
	case r.Kind() == reflect.String && t.Kind() == reflect.Slice:
		out := reflect.New(t).Elem()
		if t.Elem().Kind() == reflect.Uint8 {
			p := []byte(r.String())
			out.Set(reflect.NewAt(t, unsafe.Pointer(&p)).Elem())
		} else {
			p := []rune(r.String())
			out.Set(reflect.NewAt(t, unsafe.Pointer(&p)).Elem())
		}
		return out.Interface()
	}
	return r.Convert(t).Interface()
}

type (
	byteElems []byte
	runeElems []rune
)

func (b byteElems) string() string { return string(b) }
func (r runeElems) string() string { return string(r) }

// viewElems looks at a slice of a named byte or rune type as one of the plain
// type: the memory is the same.
func viewElems(v reflect.Value) any {
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return *(*byteElems)(p.UnsafePointer())
	}
	return *(*runeElems)(p.UnsafePointer())
}
