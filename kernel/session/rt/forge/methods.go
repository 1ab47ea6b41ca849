package forge

import (
	"fmt"
	"reflect"
	"sort"
	"unsafe"
)

// Method describes one method of a type.
type Method struct {
	Name string
	// Type is the function type without the receiver.
	Type reflect.Type
	// Pointer says that only *T has the method.
	Pointer bool
}

// SetMethods gives T and *T their methods, replacing those of an earlier call.
// Each must be bound by Bind before it is called.
//
// All methods count as exported: the interpreter calls methods through
// reflect, which refuses the others.
//
// The runtime remembers for a pair of interface and type whether one
// implements the other. It finds the memory by the types' hashes; a type whose
// methods change gets a new hash, so that old answers are not found again.
func (n *Named) SetMethods(ms []Method) error {
	if len(ms) > maxMethods {
		return fmt.Errorf("forge: %s has %d methods; at most %d are possible", n.name, len(ms), maxMethods)
	}
	ms = append([]Method(nil), ms...)
	sort.Slice(ms, func(i, j int) bool { return ms[i].Name < ms[j].Name })
	if err := n.table(n.ptr, ms, false); err != nil {
		return err
	}
	var values []Method
	for _, m := range ms {
		if !m.Pointer {
			values = append(values, m)
		}
	}
	if n.kind != reflect.Interface {
		if err := n.table(n.rt, values, n.Direct()); err != nil {
			return err
		}
	}
	if n.hasMethodSet {
		n.rehash()
	}
	n.hasMethodSet = true
	return nil
}

const flagDirectIface = 1 << 5

// Direct says whether an interface holds a T itself rather than a pointer to
// one: T is a pointer, map, channel or function, or one of these wrapped in a
// struct or array.
func (n *Named) Direct() bool { return n.rt.tflag&flagDirectIface != 0 }

func (n *Named) table(r *rtype, ms []Method, direct bool) error {
	u := uncommonOf(r)
	out := unsafe.Slice((*method)(unsafe.Add(unsafe.Pointer(u), u.moff)), maxMethods)
	for i, m := range ms {
		slot, err := n.slot(slotKey{m.Name, direct})
		if err != nil {
			return err
		}
		hold(m.Type)
		pc := textOffset(addReflectOff(slotEntry(slot)))
		function := pc
		if r == n.rt && !direct && n.kind != reflect.Interface {
			if slot, err = n.slot(slotKey{m.Name, true}); err != nil {
				return err
			}
			function = textOffset(addReflectOff(slotEntry(slot)))
		}
		out[i] = method{
			name: offName(m.Name, true),
			mtyp: typeOffset(addReflectOff(unsafe.Pointer(rtypeOf(m.Type)))),
			ifn:  pc, tfn: function,
		}
	}
	u.mcount, u.xcount = uint16(len(ms)), uint16(len(ms))
	return nil
}

// slot returns the machine code entry of a method, taking a new one the first
// time.
func (n *Named) slot(k slotKey) (int, error) {
	if s, ok := n.slots[k]; ok {
		return s, nil
	}
	mu.Lock()
	defer mu.Unlock()
	if usedSlots == numSlots {
		return 0, fmt.Errorf("forge: no room for method %s of %s: %d methods are in use; restart the kernel", k.method, n.name, numSlots)
	}
	s := usedSlots
	usedSlots++
	n.slots[k] = s
	return s, nil
}

// Bind gives a method its body. fn is a function whose first parameter is *T
// and whose others are those of the method; it serves T and *T. Where
// interfaces hold a T directly, value must be the same function with first
// parameter T, and is invalid otherwise: it is made of fn then, for
// reflect.Method.Func, which passes a T.
func (n *Named) Bind(name string, fn, value reflect.Value) error {
	if _, ok := n.slots[slotKey{name, true}]; ok && !n.Direct() {
		value = n.byValue(fn)
	}
	bound := false
	for _, b := range []struct {
		key slotKey
		fn  reflect.Value
	}{{slotKey{name, false}, fn}, {slotKey{name, true}, value}} {
		s, ok := n.slots[b.key]
		if !ok {
			continue
		}
		if !b.fn.IsValid() {
			return fmt.Errorf("forge: no body for method %s.%s", n.name, name)
		}
		p := reflect.New(b.fn.Type())
		p.Elem().Set(b.fn)
		setSlot(s, *(*unsafe.Pointer)(p.UnsafePointer()))
		bound = true
	}
	if !bound {
		return fmt.Errorf("forge: %s has no method %s", n.name, name)
	}
	return nil
}

// byValue makes of a function of *T and more the same of T and more.
func (n *Named) byValue(fn reflect.Value) reflect.Value {
	ft, t := fn.Type(), n.Type()
	in := []reflect.Type{t}
	for i := 1; i < ft.NumIn(); i++ {
		in = append(in, ft.In(i))
	}
	var out []reflect.Type
	for i := range ft.NumOut() {
		out = append(out, ft.Out(i))
	}
	return reflect.MakeFunc(reflect.FuncOf(in, out, ft.IsVariadic()), func(args []reflect.Value) []reflect.Value {
		p := reflect.New(t)
		p.Elem().Set(args[0])
		args[0] = p
		if ft.IsVariadic() {
			return fn.CallSlice(args)
		}
		return fn.Call(args)
	})
}

// DefineInterface gives an interface type its methods.
func (n *Named) DefineInterface(ms []Method) error {
	base := reflect.TypeFor[error]()
	if len(ms) == 0 {
		base = reflect.TypeFor[any]()
	}
	if err := n.Define(base); err != nil {
		return err
	}
	ms = append([]Method(nil), ms...)
	sort.Slice(ms, func(i, j int) bool { return ms[i].Name < ms[j].Name })
	list := make([]imethod, len(ms))
	for i, m := range ms {
		hold(m.Type)
		list[i] = imethod{offName(m.Name, true), typeOffset(addReflectOff(unsafe.Pointer(rtypeOf(m.Type))))}
	}
	hold(list)
	it := (*interfaceType)(unsafe.Pointer(n.rt))
	it.pkgPath = newName(n.pkg, "", false, false)
	it.methods = list
	return nil
}

// InterfaceOf returns the unnamed interface type with the given methods. Each
// call makes a new type.
func InterfaceOf(pkg, text string, ms []Method) (reflect.Type, error) {
	n := New(pkg, text, reflect.Interface)
	if err := n.DefineInterface(ms); err != nil {
		return nil, err
	}
	n.rt.tflag &^= flagNamed
	return n.Type(), nil
}
