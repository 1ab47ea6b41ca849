package main

import (
	"fmt"
	"runtime"
)

func try(f func()) (msg string) {
	defer func() {
		r := recover()
		if re, ok := r.(runtime.Error); ok {
			msg = "runtime: " + re.Error()
		} else {
			msg = fmt.Sprint("other: ", r)
		}
	}()
	f()
	return "fine"
}

var a []int
var m map[string]int

func main() {
	z := 0
	fmt.Println(try(func() { _ = a[1] }))
	fmt.Println(try(func() { m["a"] = 1 }))
	fmt.Println(try(func() { _ = 1 / z }))
	fmt.Println(try(func() { panic("p") }))
	fmt.Println(try(func() {}))
}
