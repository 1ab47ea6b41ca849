package forge

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"testing"
)

func point(t *testing.T, name string) *Named {
	t.Helper()
	n := New("main", "main."+name, reflect.Struct)
	err := n.DefineStruct([]Field{
		{Name: "X", Type: reflect.TypeFor[int](), Tag: `json:"ex"`},
		{Name: "y", Type: reflect.TypeFor[int](), Open: true, Tag: `json:"-"`},
		{Name: "Next", Type: reflect.PointerTo(n.Type())},
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func bind(t *testing.T, n *Named, name string, mt reflect.Type, body func(recv reflect.Value, args []reflect.Value) []reflect.Value) {
	t.Helper()
	in := []reflect.Type{reflect.PointerTo(n.Type())}
	for i := range mt.NumIn() {
		in = append(in, mt.In(i))
	}
	var out []reflect.Type
	for i := range mt.NumOut() {
		out = append(out, mt.Out(i))
	}
	fn := reflect.MakeFunc(reflect.FuncOf(in, out, false), func(a []reflect.Value) []reflect.Value { return body(a[0], a[1:]) })
	if err := n.Bind(name, fn, reflect.Value{}); err != nil {
		t.Fatal(err)
	}
}

var stringFunc = reflect.TypeFor[func() string]()

func TestNameIdentityAndMethods(t *testing.T) {
	a, b := point(t, "Point"), point(t, "Vec")
	if err := a.SetMethods([]Method{{Name: "String", Type: stringFunc}, {Name: "Error", Type: stringFunc, Pointer: true}}); err != nil {
		t.Fatal(err)
	}
	bind(t, a, "String", stringFunc, func(p reflect.Value, _ []reflect.Value) []reflect.Value {
		return []reflect.Value{reflect.ValueOf(fmt.Sprintf("<%d>", p.Elem().Field(0).Int()))}
	})
	bind(t, a, "Error", stringFunc, func(p reflect.Value, _ []reflect.Value) []reflect.Value {
		return []reflect.Value{reflect.ValueOf(fmt.Sprintf("err %d", p.Elem().Field(1).Int()))}
	})
	pa := reflect.New(a.Type())
	pa.Elem().Field(0).SetInt(7)
	pa.Elem().Field(1).SetInt(8)
	pb := reflect.New(b.Type())
	pb.Elem().Field(0).SetInt(7)
	pb.Elem().Field(1).SetInt(8)
	va, vb := pa.Elem().Interface(), pb.Elem().Interface()
	runtime.GC()
	js, _ := json.Marshal([]any{va, vb})
	list := reflect.MakeSlice(reflect.SliceOf(a.Type()), 2, 2)
	got := fmt.Sprintf("%T %v %+v %#v %v %v %s %v %v", va, va, vb, vb, va == vb, va == pa.Elem().Interface(), js, list.Interface(), map[any]int{va: 1, vb: 2})
	want := `main.Point <7> {X:7 y:8 Next:<nil>} main.Vec{X:7, y:8, Next:(*main.Vec)(nil)} false true [{"ex":7,"Next":null},{"ex":7,"Next":null}] [<0> <0>] map[<7>:1 {7 8 <nil>}:2]`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	err := fmt.Errorf("wrapped: %w", pa.Interface().(error))
	target := reflect.New(reflect.PointerTo(a.Type()))
	if !errors.As(err, target.Interface()) || err.Error() != "wrapped: err 8" {
		t.Error(err)
	}
	if _, ok := va.(error); ok {
		t.Error("a pointer method is in the method set of the value")
	}
}

func TestMethodsAddedLater(t *testing.T) {
	n := point(t, "Late")
	if err := n.SetMethods(nil); err != nil {
		t.Fatal(err)
	}
	v := reflect.New(n.Type()).Elem().Interface()
	if _, ok := v.(fmt.Stringer); ok || fmt.Sprint(v) != "{0 0 <nil>}" {
		t.Fatal("a Stringer too early")
	}
	if err := n.SetMethods([]Method{{Name: "String", Type: stringFunc}}); err != nil {
		t.Fatal(err)
	}
	bind(t, n, "String", stringFunc, func(reflect.Value, []reflect.Value) []reflect.Value {
		return []reflect.Value{reflect.ValueOf("late")}
	})
	if got := fmt.Sprint(v, []any{v}); got != "late [late]" {
		t.Error(got)
	}
}

func TestInterface(t *testing.T) {
	n := New("main", "main.Shape", reflect.Interface)
	area := reflect.TypeFor[func(float64) float64]()
	if err := n.DefineInterface([]Method{{Name: "Area", Type: area}, {Name: "hidden", Type: stringFunc}}); err != nil {
		t.Fatal(err)
	}
	f := New("main", "main.Num", reflect.Float64)
	if err := f.Define(reflect.TypeFor[float64]()); err != nil {
		t.Fatal(err)
	}
	if err := f.SetMethods([]Method{{Name: "Area", Type: area}, {Name: "hidden", Type: stringFunc}}); err != nil {
		t.Fatal(err)
	}
	bind(t, f, "Area", area, func(p reflect.Value, a []reflect.Value) []reflect.Value {
		return []reflect.Value{reflect.ValueOf(p.Elem().Float() * a[0].Float())}
	})
	bind(t, f, "hidden", stringFunc, func(reflect.Value, []reflect.Value) []reflect.Value {
		return []reflect.Value{reflect.ValueOf("h")}
	})
	if !f.Type().Implements(n.Type()) {
		t.Fatal("Num does not implement Shape")
	}
	s := reflect.New(n.Type()).Elem()
	s.Set(reflect.ValueOf(2.5).Convert(f.Type()))
	if got := s.Method(0).Call([]reflect.Value{reflect.ValueOf(4.0)})[0].Float(); got != 10 {
		t.Error(got)
	}
	if s.Type().String() != "main.Shape" || reflect.PointerTo(s.Type()).String() != "*main.Shape" {
		t.Error(s.Type())
	}
}

func TestEverySlotReachesItsClosure(t *testing.T) {
	n := New("main", "main.Many", reflect.Int)
	if err := n.Define(reflect.TypeFor[int]()); err != nil {
		t.Fatal(err)
	}
	var ms []Method
	for i := range 150 {
		ms = append(ms, Method{Name: fmt.Sprintf("M%d", i), Type: stringFunc})
	}
	if err := n.SetMethods(ms); err != nil {
		t.Fatal(err)
	}
	for _, m := range ms {
		bind(t, n, m.Name, stringFunc, func(p reflect.Value, _ []reflect.Value) []reflect.Value {
			return []reflect.Value{reflect.ValueOf(fmt.Sprint(m.Name, p.Elem().Int()))}
		})
	}
	v := reflect.ValueOf(5).Convert(n.Type())
	for _, m := range ms {
		if got := v.MethodByName(m.Name).Call(nil)[0].String(); got != m.Name+"5" {
			t.Fatal(m.Name, got)
		}
	}
}

func TestRecursiveKinds(t *testing.T) {
	s := New("main", "main.Tree", reflect.Slice)
	if err := s.Define(reflect.SliceOf(s.Type())); err != nil {
		t.Fatal(err)
	}
	m := New("main", "main.M", reflect.Map)
	if err := m.Define(reflect.MapOf(reflect.TypeFor[string](), m.Type())); err != nil {
		t.Fatal(err)
	}
	f := New("main", "main.F", reflect.Func)
	if err := f.Define(reflect.FuncOf([]reflect.Type{f.Type()}, []reflect.Type{f.Type()}, false)); err != nil {
		t.Fatal(err)
	}
	mv := reflect.MakeMap(m.Type())
	mv.SetMapIndex(reflect.ValueOf("a"), reflect.MakeMap(m.Type()))
	sv := reflect.MakeSlice(s.Type(), 2, 2)
	runtime.GC()
	if got := fmt.Sprintf("%v %v %#v %v", mv, sv, sv, f.Type().In(0)); got != "map[a:map[]] [[] []] main.Tree{main.Tree(nil), main.Tree(nil)} main.F" {
		t.Error(got)
	}
}
