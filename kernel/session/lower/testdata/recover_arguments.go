package main

import "fmt"

// Deferred literals with parameters and results recover too.

func withParameter() {
	defer func(p int) {
		fmt.Println("rec", p, recover())
	}(1)
	panic("x")
}

func withResult() (s string) {
	defer func(f func() string, xs ...int) (n int) {
		s = fmt.Sprint(f(), xs, recover())
		return 2
	}(func() string {
		defer func() { fmt.Println("inner", recover()) }()
		panic("in the argument")
	}, 1, 2)
	panic("y")
}

func pair() (int, string) { return 3, "three" }

func withTuple() {
	defer func(n int, s string) { fmt.Println(n, s, recover()) }(pair())
	panic("z")
}

func inLoop() {
	for i := range 2 {
		defer func(i int) { fmt.Println("loop", i, recover()) }(i)
	}
	panic("w")
}

func notTheOuter() (r any) {
	defer func() { r = recover() }()
	defer func(n int) {
		func() { fmt.Println("nested", recover()) }()
	}(1)
	panic("v")
}

func main() {
	withParameter()
	fmt.Println(withResult())
	withTuple()
	inLoop()
	fmt.Println(notTheOuter())
	defer (func(e any) { fmt.Println(e, recover()) })("last")
	panic("u")
}
