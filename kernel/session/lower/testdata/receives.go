package main

import "fmt"
import "io"

type pt struct{ a, b int }
type NC chan int

var gx int
var gs []int

func src(n int) chan int {
	c := make(chan int, n)
	for i := range n {
		c <- i + 1
	}
	return c
}
func ptr(p *int) *int            { fmt.Print("ptr "); return p }
func ret(c chan int) int         { return <-c }
func ret2(c chan int) (int, int) { return <-c, <-c }
func named(c chan int) (r int)   { r = <-c; return }
func local() {
	c := src(100)
	xs := []int{0, 0, 0}
	arr := [3]int{}
	m := map[string]int{}
	s := pt{}
	ps := &pt{}
	p := new(int)
	ap := &arr
	xs[0] = <-c
	arr[1] = <-c
	m["k"] = <-c
	s.a = <-c
	ps.b = <-c
	*p = <-c
	ap[2] = <-c
	fmt.Println(xs, arr, m, s, *ps, *p)
	xs[1] += <-c
	arr[0] -= <-c
	m["k"] *= <-c
	s.a += <-c
	*p += <-c
	fmt.Println(xs, arr, m, s, *p)
	xs[0], xs[1] = <-c, <-c
	s.a, *p = <-c, xs[0]
	fmt.Println(xs, s, *p)
	*ptr(p) = <-c
	*ptr(&xs[2]) = <-c
	fmt.Println(*p, xs)
	var a any
	a = <-c
	var f float64
	f = float64(<-c)
	xs[0] = int(int64(<-c))
	as := []any{nil}
	as[0] = <-c
	fmt.Println(a, f, xs, as)
	ch2 := make(chan int, 5)
	ch2 <- <-c
	ch2 <- <-c * 2
	fmt.Println(<-ch2, <-ch2)
	xs[<-src(1)] = <-c
	fmt.Println(xs)
	fmt.Println(ret(c), named(c), append(xs, <-c), []int{<-c, <-c}, pt{<-c, <-c}, map[int]int{<-c: <-c}, [2]int{<-c, 1}, -<-c, <-c+<-c, <-c > 3)
	fmt.Println(ret2(c))
	var ok bool
	oks := []bool{false}
	xs[0], ok = <-c
	s.b, oks[0] = <-c
	m["z"], ok = <-c
	fmt.Println(xs, ok, s, oks, m)
	func() { xs[0] = <-c; s.a = <-c; gx = <-c }()
	fmt.Println(xs, s, gx)
	gs = make([]int, 2)
	gs[1] = <-c
	fmt.Println(gs)
	n := NC(c)
	xs[2] = <-n
	var ro <-chan int = c
	xs[1] = <-ro
	fmt.Println(xs)
	cc := make(chan chan int, 1)
	cc <- c
	xs[0] = <-<-cc
	fmt.Println(xs)
	if v := <-c; v > 0 {
		xs[0] = v
	}
	switch v := <-c; v % 2 {
	case 0:
		xs[1] = <-c
	default:
		xs[1] = -<-c
	}
	for i := <-c; i < 0; i++ {
	}
	fmt.Println(xs)
	mm := map[string]*pt{"a": {}}
	mm["a"].b = <-c
	sl := [][]int{{0}}
	sl[0][0] = <-c
	st := []pt{{}}
	st[0].a = <-c
	fmt.Println(*mm["a"], sl, st)
	fc := make(chan func() int, 1)
	fc <- func() int { return 5 }
	fs := make([]func() int, 1)
	fs[0] = <-fc
	fmt.Println(fs[0]())
	ec := make(chan error, 1)
	ec <- io.EOF
	es := make([]error, 1)
	es[0] = <-ec
	fmt.Println(es)
	pc := make(chan *pt, 1)
	pc <- &pt{1, 2}
	pps := make([]*pt, 1)
	pps[0] = <-pc
	fmt.Println(*pps[0])
	sc := make(chan pt, 1)
	sc <- pt{3, 4}
	st[0] = <-sc
	fmt.Println(st)
	for i := range xs {
		xs[i] = <-c
	}
	fmt.Println(xs)
	res := make([]int, 3)
	chans := []chan int{src(3), src(3), src(3)}
	for i, ch := range chans {
		<-ch
		res[i] = <-ch * 10
	}
	fmt.Println(res)
}
func main() {
	local()
}
