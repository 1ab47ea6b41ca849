package main

import "fmt"

type pt struct{ a, b int }
type sh interface{ A() int }
type r1 struct{ x int }
type r2 struct{ y string }

func (r r1) A() int  { return r.x }
func (r *r2) A() int { return len(r.y) }
func pointer() {
	var v pt
	p := &v
	v = pt{1, 2}
	fmt.Println(*p, v)
	p.a = 7
	v = pt{b: v.a}
	fmt.Println(*p, v)
}
func closure() {
	v := pt{3, 4}
	g := func() pt { return v }
	v = pt{1, 2}
	fmt.Println(g(), v)
	func() { v = pt{5, 6} }()
	fmt.Println(v, g())
}
func result() (r pt) { func() { r = pt{1, 2} }(); return }
func results() (r pt, s [2]pt) {
	defer func() { r = pt{r.a + 1, 2}; s = [2]pt{{9, 9}, r} }()
	return pt{5, 5}, [2]pt{}
}
func inAny() {
	var e any
	e = pt{1, 2}
	e = 1 == 2
	fmt.Println(e)
	e = [2]int{1, 2}
	e = "s"
	fmt.Println(e)
	e = r1{1}
	e = &r2{"x"}
	fmt.Println(e.(sh).A())
}
func inIface() {
	var s sh
	s = r1{4}
	q := &s
	s = &r2{"abc"}
	fmt.Println(s.A(), (*q).A())
	*q = r1{8}
	fmt.Println(s.A())
	func() { s = r1{9} }()
	fmt.Println(s.A(), (*q).A())
}
func inLoop() {
	v := pt{}
	p := &v
	for i := range 3 {
		v = pt{i, i}
		p.a += 100
		fmt.Print(v, " ")
	}
	var last pt
	for _, x := range []int{1, 2} {
		func() { last = pt{x, x} }()
	}
	fmt.Println(last)
}
func swapped() {
	a, b := pt{1, 1}, pt{2, 2}
	pa, pb := &a, &b
	a, b = pt{3, b.a}, pt{4, a.a}
	fmt.Println(*pa, *pb)
	if v := (pt{1, 2}); v == (pt{1, 2}) {
		v = pt{}
		fmt.Println(v)
	}
}
func params(v pt, f func() pt) { g := func() pt { return v }; v = pt{8, 8}; fmt.Println(g(), v, f()) }
func returned() (z any, e pt) {
	p, q := &z, &e
	defer func() { fmt.Println(z, *p, e, *q) }()
	z, e = pt{5, 5}, pt{6, 6}
	return r1{2}, pt{3, 3}
}

func oneReturned() (z pt) {
	p := &z
	defer func() { fmt.Println(z, *p); p.a++ }()
	z = pt{5, 5}
	return pt{2, 2}
}

func main() {
	fmt.Println(returned())
	fmt.Println(oneReturned())
	pointer()
	closure()
	fmt.Println(result())
	fmt.Println(results())
	inAny()
	inIface()
	inLoop()
	swapped()
	w := pt{1, 1}
	params(w, func() pt { return w })
}
