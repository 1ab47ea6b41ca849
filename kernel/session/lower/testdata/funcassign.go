package main

import "fmt"

// A variable captured by a loop body gets what a function of a declared type returns.

type M func(h func(string) string) func(string) string

func tag(t string) M {
	return func(h func(string) string) func(string) string { return func(s string) string { return t + h(s) } }
}
func seq(ms []M) func(yield func(M) bool) {
	return func(yield func(M) bool) {
		for _, m := range ms {
			if !yield(m) {
				return
			}
		}
	}
}

func main() {
	h := func(s string) string { return "base" + s }
	for m := range seq([]M{tag("a"), tag("b")}) {
		h = m(h)
	}
	fmt.Println(h("x"))
}
