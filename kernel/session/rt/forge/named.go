package forge

import (
	"fmt"
	"hash/fnv"
	"reflect"
	"sync"
	"unsafe"
)

// maxMethods is the number of methods one forged type can have. The table is
// part of the descriptor, so its room is set aside when the type is made.
const maxMethods = 200

var (
	mu   sync.Mutex
	held []any // everything descriptors refer to; types live for ever
	uniq uint32
)

// hold keeps a value alive: descriptors lie in memory the collector does not
// look into.
func hold(v any) {
	mu.Lock()
	held = append(held, v)
	mu.Unlock()
}

// Named is a type under construction or made: T together with *T.
type Named struct {
	name    string
	pkg     string
	kind    reflect.Kind
	rt, ptr *rtype
	slots   map[slotKey]int
	defined bool
	unnamed bool // a struct literal with promoted methods

	hash         uint32
	str, ptrStr  nameOffset
	path         nameOffset
	toThis       typeOffset
	hasMethodSet bool
}

type slotKey struct {
	method string
	direct bool
}

// New begins a named type of the given kind, for example New("main",
// "main.Point", reflect.Struct). The type can be referred to at once, so that
// it can contain pointers to itself; of struct and array types size and fields
// are unknown until Define.
func New(pkg, name string, kind reflect.Kind) *Named {
	n := &Named{name: name, pkg: pkg, kind: kind, slots: map[slotKey]int{}}
	n.rt = newBlock(kind)
	n.ptr = newBlock(reflect.Pointer)
	if p := prototype(kind); p != nil {
		n.copyHead(n.rt, rtypeOf(p), kind)
	}
	n.rt.kind = uint8(kind)
	n.copyHead(n.ptr, rtypeOf(reflect.TypeFor[*int]()), reflect.Pointer)
	(*elemType)(unsafe.Pointer(n.ptr)).elem = n.rt
	n.seal()
	return n
}

// Twin begins a type with the name and the methods of n, for another view of
// the same memory. Its methods must be set again when those of n change.
func (n *Named) Twin() *Named {
	t := New(n.pkg, n.name, n.kind)
	t.slots, t.unnamed = n.slots, n.unnamed
	return t
}

// prototype is some type with the layout that all types of a kind share.
func prototype(kind reflect.Kind) reflect.Type {
	switch kind {
	case reflect.Pointer:
		return reflect.TypeFor[*int]()
	case reflect.Slice:
		return reflect.TypeFor[[]int]()
	case reflect.Map:
		return reflect.TypeFor[map[int]int]()
	case reflect.Chan:
		return reflect.TypeFor[chan int]()
	case reflect.Func:
		return reflect.TypeFor[func()]()
	case reflect.Interface:
		return reflect.TypeFor[error]()
	}
	return nil
}

// newBlock sets memory aside for a descriptor of the kind with its function
// parameters and method table. The collector does not scan it.
func newBlock(kind reflect.Kind) *rtype {
	size := headSize(kind) + unsafe.Sizeof(uncommon{}) + maxMethods*unsafe.Sizeof(method{})
	if kind == reflect.Func {
		size += maxParams * unsafe.Sizeof(uintptr(0))
	}
	b := make([]uint64, (size+7)/8)
	hold(b)
	return (*rtype)(unsafe.Pointer(&b[0]))
}

// maxParams bounds the parameters plus results of a named function type.
const maxParams = 64

// copyHead copies the descriptor of an unnamed type.
func (n *Named) copyHead(dst, src *rtype, kind reflect.Kind) {
	size := headSize(kind)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(dst)), size), unsafe.Slice((*byte)(unsafe.Pointer(src)), size))
}

// uncommonOf is the part of a descriptor that holds its methods.
func uncommonOf(r *rtype) *uncommon {
	return (*uncommon)(unsafe.Add(unsafe.Pointer(r), headSize(reflect.Kind(r.kind&31))))
}

// rehash gives T and *T a hash that no type had before.
func (n *Named) rehash() {
	mu.Lock()
	uniq++
	h := fnv.New32a()
	fmt.Fprint(h, n.name, uniq)
	mu.Unlock()
	n.hash = h.Sum32()
	n.rt.hash, n.ptr.hash = n.hash, n.hash*16777619
}

// seal gives T and *T their names and links them.
func (n *Named) seal() {
	if n.hash == 0 {
		n.rehash()
		n.str, n.ptrStr = offName(n.name, false), offName("*"+n.name, false)
		n.toThis = typeOffset(addReflectOff(unsafe.Pointer(n.ptr)))
		n.path = offName(n.pkg, false)
	}
	n.rt.hash, n.ptr.hash = n.hash, n.hash*16777619
	n.rt.tflag = n.rt.tflag&^flagExtraStar | flagNamed | flagUncommon
	n.ptr.tflag = n.ptr.tflag&^(flagExtraStar|flagNamed) | flagUncommon
	if n.unnamed {
		n.rt.tflag &^= flagNamed
	}
	n.rt.str, n.ptr.str = n.str, n.ptrStr
	n.rt.ptrToThis, n.ptr.ptrToThis = n.toThis, 0
	for _, r := range []*rtype{n.rt, n.ptr} {
		u := uncommonOf(r)
		u.pkgPath = n.path
		u.moff = uint32(unsafe.Sizeof(uncommon{}))
		if reflect.Kind(r.kind&31) == reflect.Func {
			u.moff += maxParams * uint32(unsafe.Sizeof(uintptr(0)))
		}
	}
}

// Type returns T.
func (n *Named) Type() reflect.Type { return typeOf(n.rt) }

// Defined says whether Define has been called.
func (n *Named) Defined() bool { return n.defined }

// Define gives a type that is neither struct nor interface its underlying
// type, which must be of the kind announced to New.
func (n *Named) Define(underlying reflect.Type) error {
	if underlying.Kind() != n.kind {
		return fmt.Errorf("forge: %s was announced as %s, not %s", n.name, n.kind, underlying.Kind())
	}
	if n.kind == reflect.Func && underlying.NumIn()+underlying.NumOut() > maxParams {
		return fmt.Errorf("forge: %s has more than %d parameters and results", n.name, maxParams)
	}
	hold(underlying)
	src := rtypeOf(underlying)
	n.copyHead(n.rt, src, n.kind)
	if n.kind == reflect.Func {
		n.copyParams(src, underlying.NumIn()+underlying.NumOut())
	}
	n.seal()
	n.defined = true
	return nil
}

// copyParams copies the parameter list, which follows the uncommon part.
func (n *Named) copyParams(src *rtype, count int) {
	from := unsafe.Add(unsafe.Pointer(src), headSize(reflect.Func))
	if src.tflag&flagUncommon != 0 {
		from = unsafe.Add(from, unsafe.Sizeof(uncommon{}))
	}
	to := unsafe.Add(unsafe.Pointer(n.rt), headSize(reflect.Func)+unsafe.Sizeof(uncommon{}))
	copy(unsafe.Slice((*uintptr)(to), count), unsafe.Slice((*uintptr)(from), count))
}
