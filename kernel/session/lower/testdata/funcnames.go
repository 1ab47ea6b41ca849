package main

import "fmt"

func as() int                           { return 3 }
func join(sep string, xs ...int) string { return fmt.Sprint(sep, xs) }
func loc() (func() int, func() int) {
	f := as
	var g func() int = as
	fmt.Println(f(), g())
	return as, f
}
func apply(f func(string, ...int) string) string { return f("a", 1, 2) }

var table = map[string]func() int{"as": as}

type op struct{ f func() int }

func main() {
	a, b := loc()
	fmt.Println(a(), b(), apply(join), table["as"](), op{as}.f())
	var x any = as
	fmt.Println(x.(func() int)())
	defer func() { fmt.Println(as()) }()
	fs := []func() int{as, func() int { return 4 }}
	for _, f := range fs {
		fmt.Print(f(), " ")
	}
}
