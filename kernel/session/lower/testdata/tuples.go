package main

import "fmt"

var n int

func mk() [5]int   { n++; return [5]int{1, 2, 3, 4, 5} }
func mkp() *[5]int { n++; return &[5]int{1, 2, 3, 4, 5} }

type U struct{}

func (U) Sum(args ...int) int {
	s := 0
	for _, v := range args {
		s += v
	}
	return s
}
func (u *U) PSum(args ...int) int { return u.Sum(args...) }
func two() (int, int)             { return 3, 4 }
func g2() (any, any)              { return 1, "a" }
func vany(a ...any)               { fmt.Println(len(a), a) }

type X struct{}

func (X) m(a, b int) int        { return a * b }
func mkX() X                    { return X{} }
func ap() ([]string, string)    { return []string{"foo"}, "bar" }
func ap2() ([]byte, byte, byte) { return []byte{'a', 'b'}, '1', '2' }
func cx() (float64, float64)    { return 5, 7 }
func cp() ([]byte, string)      { return []byte{1, 2, 3}, "abc" }

func main() {
	s := 0
	for i := range mk() {
		s += i
	}
	fmt.Println(s, n)
	for range mk() {
		s++
	}
	for i := range mkp() {
		s += i
	}
	for i, v := range mkp() {
		s += i * v
	}
	for i, v := range mk() {
		s += i * v
	}
	fmt.Println(s, n)
	fmt.Println((*U).Sum(&U{}, 1, 3, 5, 2), U.Sum(U{}, 1, 2), (*U).PSum(&U{}, 4, 5), U.Sum(U{}))
	fmt.Println((&U{}).Sum(two()), U{}.Sum(two()))
	vany(g2())
	vany(two())
	fmt.Println(mkX().m(two()))
	fmt.Println(append(ap()), append(ap2()), complex(cx()), copy(cp()))
	h := U.Sum
	fmt.Println(h(U{}, 7, 8))
	k := (&U{}).PSum
	fmt.Println(k(1, 2, 3), k())
}
