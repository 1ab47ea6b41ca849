package main

import "fmt"
import "io"

type pt struct{ a, b int }

func mk(n int) chan int {
	c := make(chan int, 9)
	for range 9 {
		c <- n
	}
	return c
}
func f() int { fmt.Print("f "); return 1 }
func run() {
	xs := []int{0, 0}
	m := map[string]int{}
	var s pt
	p := new(int)
	var e any
	var arr [2]int
	ps := &pt{}
	var ok bool
	oks := []bool{false}
	var gl float64
	_ = gl
	c := mk(5)
	select {
	case xs[1] = <-c:
	}
	select {
	case m["k"] = <-c:
	default:
		fmt.Println("no")
	}
	select {
	case s.a = <-c:
	}
	select {
	case *p = <-c:
	}
	select {
	case e = <-c:
	}
	select {
	case arr[f()] = <-c:
	}
	select {
	case ps.b, ok = <-c:
	}
	select {
	case xs[0], oks[0] = <-c:
	}
	fmt.Println(xs, m, s, *p, e, arr, *ps, ok, oks)
	d := make(chan int, 1)
	select {
	case d <- f() + len(xs):
		fmt.Println("sent")
	}
	select {
	case v := <-d:
		v++
		q := &v
		*q += 10
		fmt.Println(v)
	}
	select {
	case v, ok := <-c:
		v *= 2
		ok = !ok
		fmt.Println(v, ok)
	}
	close(d)
	select {
	case v, ok := <-d:
		fmt.Println(v, ok)
	case <-make(chan int):
	}
	var fs []func() int
	for i := range 3 {
		c2 := mk(i)
		select {
		case v := <-c2:
			fs = append(fs, func() int { v++; return v })
		}
	}
	for _, g := range fs {
		fmt.Print(g(), g(), " ")
	}
	fmt.Println()
	sc := make(chan pt, 2)
	sc <- pt{1, 2}
	sc <- pt{3, 4}
	sp := &s
	select {
	case s = <-sc:
		s.a = 50
	}
	fmt.Println(s, *sp)
	select {
	case v := <-sc:
		v.a = 9
		w := v
		w.b = 8
		fmt.Println(v, w)
	}
	ec := make(chan error, 1)
	ec <- io.EOF
	var err error
	select {
	case err = <-ec:
	}
	err = fmt.Errorf("w: %w", err)
	fmt.Println(err)
	n := 0
	for n < 3 {
		select {
		case n = <-mk(3):
		default:
		}
	}
	fmt.Println(n)
}
func main() {
	run()
}
