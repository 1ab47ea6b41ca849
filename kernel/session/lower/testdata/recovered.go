package main

import (
	"errors"
	"fmt"
)

type C interface{ Close() error }

func a() {
	defer func() { fmt.Println("a", recover()) }()
	var x C
	defer x.Close()
	fmt.Println("not reached")
}
func b() {
	defer func() { fmt.Println("b", recover()) }()
	var f func()
	defer f()
	fmt.Println("reached")
}
func c() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("wrapped: %v", r)
		}
	}()
	panic(errors.New("boom"))
}
func d() (n int) {
	defer func() { n *= 2 }()
	for i := range 3 {
		defer func() { n += i }()
	}
	return 5
}

type T struct{ n int }

func (t T) P()   { fmt.Println("P", t.n) }
func (t *T) PP() { fmt.Println("PP", t.n) }

func e() {
	t := T{1}
	defer t.P()
	defer t.PP()
	f := t.P
	g := t.PP
	t.n = 2
	f()
	g()
}
func nested() {
	defer func() {
		defer func() { fmt.Println("inner", recover()) }()
		panic("second")
	}()
	defer func() { fmt.Println("first", recover()) }()
	panic("one")
}
func rethrow() (err error) {
	defer func() {
		r := recover()
		err = fmt.Errorf("outer %v", r)
	}()
	func() {
		defer func() {
			r := recover()
			panic(fmt.Sprint("re-", r))
		}()
		panic("x")
	}()
	return
}
func args() {
	i := 1
	defer fmt.Println("deferred", i, func() int { return i }())
	i = 10
}

func main() {
	a()
	b()
	fmt.Println(c(), d())
	e()
	nested()
	fmt.Println(rethrow())
	args()
	var m map[string]int
	func() {
		defer func() {
			r := recover()
			e, ok := r.(error)
			fmt.Println(ok, e)
		}()
		m["a"] = 1
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		var e any = "str"
		_ = e.(int)
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		var e any
		_ = e.(fmt.Stringer)
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		ch := make(chan int)
		close(ch)
		close(ch)
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		a, b := 1, 0
		fmt.Println(a % b)
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		s := []int{1, 2, 3}
		i := 5
		fmt.Println(s[1:i])
	}()
	fmt.Println("end")
}
