package main

import (
	"fmt"
	"unsafe"
)

// Functions that results of calls are: they are called in the order of the source, among the calls beside them.

func a(n int) int { fmt.Print("a", n, " "); return n }

func g(n int) func(...int) int {
	fmt.Print("g", n, " ")
	return func(xs ...int) int { fmt.Print("g", n, "() "); return n + len(xs) }
}

func both() (int, func() (int, string)) {
	fmt.Print("both ")
	return 1, func() (int, string) { fmt.Print("both() "); return 2, "two" }
}

func both2() (int, string) { fmt.Print("both2 "); return 3, "three" }

func pair() func() (int, string) { _, f := both(); return f }

func f(xs ...int) { fmt.Println("f", xs) }

func two(n int, s string) string { fmt.Print("two ", n, s, " "); return s }

type t struct{ n int }

func (x t) m(xs ...int) t { fmt.Print("m", x.n, xs, " "); return t{x.n + 1} }

func mk(n int) func() t {
	fmt.Print("mk", n, " ")
	return func() t { fmt.Print("mk", n, "() "); return t{n} }
}

func (x t) two(n int, s any) t { fmt.Print("two ", n, s, " "); return x }

func (x *t) ptr(n int, s any) *t { fmt.Print("ptr ", n, s, " "); return x }

func at(n int) *t { fmt.Print("at", n, " "); return &t{n} }

func nothing() func(...int) {
	fmt.Print("nothing ")
	return func(xs ...int) { fmt.Println("nothing()", xs) }
}

func unsafeZero() bool {
	var p unsafe.Pointer
	print(p, "\n")
	return p == nil
}

func main() {
	f(a(1), g(2)())
	f(g(1)(), a(2), g(3)(a(4)), a(5))
	f(g(1)(g(2)(a(3)), g(4)()))
	mk(1)().m(g(2)(), a(3)).m(a(4), g(5)())
	fmt.Println()
	fmt.Println(a(1)+g(2)(), g(3)()+a(4))
	fmt.Println([]int{a(1), g(2)(), a(3)}, map[int]int{a(1): g(2)()})
	fmt.Println(a(1) == 2 && g(2)() == 2, a(1) == 1 && g(2)() == 2, a(3) == 3 || g(4)() == 4)
	x := []int{1, 2, 3, 4, 5, 6}
	x[a(1)] = g(2)()
	x[g(1)()] = a(3)
	fmt.Println(x[a(1):g(3)()])
	fmt.Println(a(1), two(pair()()))
	n, s := pair()()
	fmt.Println(n, s)
	nothing()(a(1), g(2)())
	fmt.Println(mk(1)().two(pair()()).two(both2()).n, at(2).ptr(both2()).two(both2()), at(3).two(both2()))
	fmt.Println(a(1) == 2 && at(1).two(both2()).n == 1, a(1) == 1 && at(4).ptr(pair()()).n == 4)
	var s2 interface{ two(int, any) t } = at(5)
	fmt.Println(s2.two(both2()).n, at(6).two(both2()).n)
	defer f(a(1), g(2)())
	defer nothing()(a(3), g(4)())
	if a(1) == g(1)() && a(2) == g(2)() {
		fmt.Println("equal")
	}
	for i := a(0); i < g(2)(); i += g(1)() {
		fmt.Println("i", i)
	}
	switch a(2) {
	case a(1), g(2)():
		fmt.Println("found")
	}
	y, ok := []int{0, 0, 0}, true
	d := make(chan int, 1)
	d <- 5
	y[a(1)], ok = <-func() chan int { fmt.Print("d "); return d }()
	fmt.Println(y, ok)
	close(d)
	y[a(1)], ok = <-func() chan int { fmt.Print("d "); return d }()
	fmt.Println(y, ok, unsafeZero())
	var last bool
	var value any = false
	last, last = value.(bool)
	fmt.Println(last)
	c := make(chan int, 2)
	c <- g(1)()
	func() chan int { fmt.Print("c "); return c }() <- g(2)()
	fmt.Println(<-c, a(1), g(<-c)())
}
