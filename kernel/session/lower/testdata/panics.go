package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
)

type T struct{ a, b int }

func (t T) V() int  { return t.a }
func (t *T) P() int { return t.b }

func nested() (s string) {
	defer func() {
		if r := recover(); r != nil {
			s += fmt.Sprint("outer:", r)
		}
	}()
	defer func() {
		defer func() {
			s += fmt.Sprint("inner:", recover(), ";")
			panic("again")
		}()
		panic("second")
	}()
	panic("first")
}

func handler() {
	if r := recover(); r != nil {
		fmt.Println("handled", r)
	}
}
func viaNamed() { defer handler(); panic("named") }
func order() {
	for i := range 3 {
		defer fmt.Print("d", i, " ")
	}
	x := 1
	defer fmt.Println("x was", x)
	x = 2
	t := T{1, 2}
	defer func(f func() int) { fmt.Println("V", f()) }(t.V)
	defer fmt.Println(t.P())
	t = T{8, 9}
}
func res() (n int, err error) {
	defer func() { n *= 2; err = errors.Join(err, errors.New("late")) }()
	return 21, nil
}
func noPanic() (r any) { defer func() { r = recover() }(); return 5 }
func goexit() {
	done := make(chan bool)
	go func() {
		defer close(done)
		defer fmt.Println("deferred in goexit", recover())
		runtime.Goexit()
		fmt.Println("unreachable")
	}()
	<-done
}

type custom struct{ code int }

func (c custom) Error() string { return fmt.Sprint("custom ", c.code) }
func rethrow() (err error) {
	defer func() {
		if e, ok := recover().(error); ok {
			err = fmt.Errorf("wrapped: %w", e)
		}
	}()
	panic(custom{4})
}
func closeAll(fs ...func() error) (err error) {
	for _, f := range fs {
		defer func() { err = errors.Join(err, f()) }()
	}
	return nil
}
func catch(f func()) {
	defer func() {
		r := recover()
		_, isRT := r.(runtime.Error)
		fmt.Println(r, isRT)
	}()
	f()
}

type I interface{ M() int }
type impl struct{}

func (*impl) M() int { return 1 }

func main() {
	fmt.Println(nested())
	viaNamed()
	order()
	fmt.Println(res())
	fmt.Println(noPanic())
	goexit()
	err := rethrow()
	var c custom
	fmt.Println(err, errors.As(err, &c), c.code)
	fmt.Println(strings.ReplaceAll(closeAll(func() error { return errors.New("a") }, func() error { return nil }, func() error { return errors.New("c") }).Error(), "\n", "|"))
	var s []int
	var m map[string]int
	var p *T
	var i I
	var f func()
	var a any = "str"
	n, z := -1, 0
	arr := [3]int{}
	idx := 3
	catch(func() { _ = s[2] })
	catch(func() { s[idx] = 1 })
	catch(func() { _ = arr[idx] })
	catch(func() { _ = "abc"[idx] })
	catch(func() { _ = arr[idx:2] })
	catch(func() { _ = s[:5] })
	catch(func() { _ = "hello"[4:idx] })
	catch(func() { m["x"]++ })
	catch(func() { _ = p.a })
	catch(func() { p.b = 1 })
	catch(func() { i.M() })
	catch(func() { f() })
	catch(func() { _ = a.(int) })
	catch(func() { _ = a.(fmt.Stringer) })
	catch(func() { _ = a.(I) })
	catch(func() { _ = i.(*impl) })
	catch(func() { _ = 1 / z })
	catch(func() { _ = 5 % z })
	catch(func() { _ = make([]int, n) })
	catch(func() { _ = 1 << n })
	catch(func() { _ = [2]int(s) })
	catch(func() { var e error; panic(e) })
	catch(func() { panic(fmt.Sprintf("%05d", 42)) })
	catch(func() { ch := make(chan int); close(ch); close(ch) })
	catch(func() { x := []any{[]int{1}}; fmt.Println(x[0] == x[0]) })
	catch(func() { mm := map[any]int{}; mm[[]int{1}] = 2 })
	catch(func() {
		for i, v := range []int{1, 2, 3} {
			if v > 1 {
				_ = arr[i+v]
			}
		}
	})
	if len(s) > 0 && s[0] > 0 || len(s) == 0 {
		fmt.Println("short circuit")
	}
	switch {
	case len(s) == 0:
		fmt.Println("guarded")
	case s[0] == 1:
	}
	_ = os.Args
}
