package rt

import (
	"fmt"
	"reflect"
	"runtime"
	"testing"
)

// caught returns what f panics with.
func caught(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

func TestFaultsReadLikeTheRuntimes(t *testing.T) {
	var s []int
	i := 5
	var a any = "x"
	for _, c := range []struct {
		name      string
		got, want func()
	}{
		{"index", func() { BadIndex(5, 0) }, func() { _ = s[i] }},
		{"negative index", func() { BadIndex(-5, 0) }, func() { _ = s[-i] }},
		{"slice high", func() { BadSlice(-1, 5, -1, 0, 0, false, false, true, false) }, func() { _ = s[:i] }},
		{"slice order", func() { BadSlice(5, 0, -1, 0, 0, false, true, true, false) }, func() { _ = s[i:0] }},
		{"slice low", func() { BadSlice(5, -1, -1, 0, 0, false, true, false, false) }, func() { _ = s[i:] }},
		{"string high", func() { BadSlice(-1, 5, -1, 2, 2, true, false, true, false) }, func() { _ = "ab"[:i] }},
		{"max", func() { BadSlice(0, 0, 5, 0, 0, false, true, true, true) }, func() { _ = s[0:0:i] }},
		{"shift", BadShift, func() { _ = 1 << -i }},
		{"make", func() { MakeLen(-5, "len", 8) }, func() { _ = make([]int, -i) }},
		{"array", func() { Array(s, reflect.TypeFor[[2]int]()) }, func() { _ = [2]int(s) }},
		{"assert", func() { Assert(a, reflect.TypeFor[int](), reflect.TypeFor[any]()) }, func() { _ = a.(int) }},
		{"assert nil", func() { Assert(nil, reflect.TypeFor[int](), reflect.TypeFor[any]()) }, func() { var n any; _ = n.(int) }},
		{"assert interface", func() { Assert(a, reflect.TypeFor[fmt.Stringer](), reflect.TypeFor[any]()) }, func() { _ = a.(fmt.Stringer) }},
	} {
		got, want := caught(c.got), caught(c.want)
		_, isRuntime := got.(runtime.Error)
		if fmt.Sprint(got) != fmt.Sprint(want) || !isRuntime || want == nil {
			t.Errorf("%s: got %v (runtime.Error %v), want %v", c.name, got, isRuntime, want)
		}
	}
}

func TestPanicValue(t *testing.T) {
	var f reflect.Value
	var fn func()
	for _, c := range []struct {
		raise func()
		want  string
	}{
		{func() { panic(reflect.ValueOf("plain")) }, "plain"},
		{func() { reflect.ValueOf([]int{}).Index(3) }, "runtime error: index out of range"},
		{func() { reflect.ValueOf(fn).Call(nil) }, "runtime error: invalid memory address or nil pointer dereference"},
		{func() { f.Type() }, "runtime error: invalid memory address or nil pointer dereference"},
		{func() { panic("reflecting") }, "reflecting"},
	} {
		if got := fmt.Sprint(PanicValue(caught(c.raise))); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestGuardRunsEveryDeferredCall(t *testing.T) {
	var log []string
	v := caught(func() {
		Guard(func(d *Defers) {
			d.Push(func() { log = append(log, fmt.Sprint("last ", d.Recover())) })
			d.Push(func() { panic("second") })
			d.Push(func() { log = append(log, "first") })
			panic("first panic")
		})
	})
	if got := fmt.Sprint(v, log); got != "<nil> [first last second]" {
		t.Error(got)
	}
	v = caught(func() { Guard(func(d *Defers) { d.Push(func() {}); panic("on") }) })
	if v != "on" {
		t.Errorf("the panic got lost: %v", v)
	}
	Guard(func(d *Defers) {
		d.PushCall(func() { log = append(log, fmt.Sprint("armed ", Recover("other"), Recover("f"))) }, "f")
		panic("named")
	})
	if log[len(log)-1] != "armed <nil>named" || Recover("f") != nil {
		t.Error(log)
	}
}

func TestSelect(t *testing.T) {
	c, d := make(chan int, 1), make(chan string)
	if i, _, _ := Select(true, Recv(c), Send(d, "x")); i != -1 {
		t.Errorf("case %d of two that wait", i)
	}
	c <- 7
	if i, v, ok := Select(false, Recv(d), Recv(c)); i != 1 || v != 7 || !ok {
		t.Error(i, v, ok)
	}
	stop := make(chan struct{})
	OnStop(func() <-chan struct{} { return stop })
	defer stopped.Store(nil)
	close(stop)
	if i, _, _ := Select(false, Recv(c)); i != -1 {
		t.Error("an interrupted select took case", i)
	}
}

func TestClosedHidesMethodsOfUnexportedFields(t *testing.T) {
	type open struct{ A, B int }
	type twin struct{ A, b int }
	RegisterTwin(reflect.TypeFor[open](), reflect.TypeFor[twin]())
	if got := fmt.Sprintf("%T %+v", Closed([]*open{{1, 2}}), *Closed(&open{3, 4}).(*twin)); got != "[]*rt.twin {A:3 b:4}" {
		t.Error(got)
	}
	if Closed(5) != 5 || Closed(nil) != nil {
		t.Error("a value without a twin changed")
	}
}
