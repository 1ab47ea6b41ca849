package main

import (
	"errors"
	"fmt"
)

// Calls of builtins among several results.

type list []int

func (v list) dims() (r, c int)       { return 1, len(v) }
func (v list) both() (int, int)       { return len(v), cap(v) }
func lengths(s string) (a, b, c int)  { return 7, len(s), len(s) + 1 }
func grown(v list) (int, list, []int) { return 1, append(v, 9), append([]int{}, v...) }
func parts(z complex128) (n int, r, i float64) {
	return 2, real(z), imag(z)
}
func made(r float64) (string, complex128, []int, *int, map[string]int) {
	return "made", complex(r, 2), make([]int, 2), new(int), make(map[string]int)
}
func copied(v list) (error, int, bool) {
	w := make(list, 2)
	return errors.New("e"), copy(w, v), w[0] == 1
}
func extreme(a, b int) (s string, lo, hi int) { return "m", min(a, b), max(a, b) }
func shown(v list) (any, any, error)          { return 1, len(v), nil }
func add(v *list) int                         { *v = append(*v, 0); return 3 }
func order(v list) (int, int)                 { return add(&v), len(v) }
func deferred(v list) (n, m int)              { defer func() { n++ }(); return 1, len(v) }

func main() {
	v := list{1, 2, 3, 4}
	fmt.Println(v.dims())
	fmt.Println(v.both())
	fmt.Println(lengths("four"))
	fmt.Println(grown(v))
	fmt.Println(parts(3 + 4i))
	s, z, xs, p, m := made(1.5)
	fmt.Println(s, z, xs, *p, m)
	fmt.Println(copied(v))
	fmt.Println(extreme(5, 3))
	fmt.Println(shown(v))
	fmt.Println(order(v))
	fmt.Println(deferred(v))
	f := func() (int, int) { return 0, len(v) }
	fmt.Println(f())
}
