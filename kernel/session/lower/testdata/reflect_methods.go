package main

import (
	"fmt"
	"reflect"
)

type T struct{ n int }

func (t T) Add(x int) int                 { return t.n + x }
func (t *T) Inc()                         { t.n++ }
func (t T) Str(a string, b ...int) string { return fmt.Sprint(a, b, t.n) }

type E struct {
	T
	k int
}

func main() {
	t := T{4}
	ty := reflect.TypeOf(t)
	for i := range ty.NumMethod() {
		m := ty.Method(i)
		fmt.Println(m.Name, m.Type, m.Index)
	}
	m := ty.Method(0)
	fmt.Println(m.Func.Call([]reflect.Value{reflect.ValueOf(t), reflect.ValueOf(3)})[0])
	m2, ok := ty.MethodByName("Str")
	fmt.Println(ok, m2.Func.Call([]reflect.Value{reflect.ValueOf(t), reflect.ValueOf("q"), reflect.ValueOf(1), reflect.ValueOf(2)})[0])
	p := reflect.TypeOf(&t)
	im, _ := p.MethodByName("Inc")
	im.Func.Call([]reflect.Value{reflect.ValueOf(&t)})
	fmt.Println(t.n, im.Type)
	fmt.Println(im.Func.Interface().(func(*T)) != nil)
	f := m.Func.Interface().(func(T, int) int)
	fmt.Println(f(t, 100))
	fmt.Println(reflect.ValueOf(t).Method(0).Call([]reflect.Value{reflect.ValueOf(1)})[0])
	fmt.Println(reflect.ValueOf(&t).MethodByName("Add").Interface().(func(int) int)(50))
	ev := reflect.TypeOf(E{T{1}, 2})
	em, _ := ev.MethodByName("Add")
	fmt.Println(em.Type, em.Func.Call([]reflect.Value{reflect.ValueOf(E{T{7}, 2}), reflect.ValueOf(3)})[0])
}
