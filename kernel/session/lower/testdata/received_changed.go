package main

import "fmt"
import "io"

func fi() int { return 11 }
func chn() chan int {
	c := make(chan int, 100)
	for i := range 100 {
		c <- i
	}
	return c
}

var pk = <-chn()
var gl int

type st struct{ n int }

func (s *st) inc() { s.n++ }
func f() {
	c := chn()
	var v int
	v = <-c
	v = fi()
	fmt.Println(v)
	v = <-c
	v++
	v += 2
	fmt.Println(v)
	w := <-c
	w = fi()
	w *= 2
	p := &w
	*p++
	fmt.Println(w)
	var x = <-c
	x--
	fmt.Println(x)
	var y int = <-c
	y = -y
	fmt.Println(y)
	a, b := <-c, <-c
	a, b = b, a
	a++
	b += a
	fmt.Println(a, b)
	var a2, b2 = <-c, <-c
	a2++
	b2 = a2 + b2
	fmt.Println(a2, b2)
	if z := <-c; z > 0 {
		z++
		fmt.Println(z)
	}
	for q := <-c; q < 14; q++ {
		fmt.Print(q, " ")
	}
	switch r := <-c; {
	case r > 0:
		r = r * 2
		fmt.Println(r)
	}
	for i := 0; i < 5; i = <-c {
		fmt.Print("i", i, " ")
		i = fi()
	}
	sc := make(chan st, 2)
	sc <- st{1}
	sc <- st{2}
	s := <-sc
	s.inc()
	s.n += 5
	fmt.Println(s)
	s = <-sc
	s.inc()
	fmt.Println(s)
	ac := make(chan [2]int, 1)
	ac <- [2]int{1, 2}
	ar := <-ac
	ar[0] = 9
	fmt.Println(ar)
	func(n int) { n++; fmt.Println("arg", n) }(<-c)
	cl := <-c
	inc := func() { cl++ }
	inc()
	inc()
	fmt.Println("cl", cl)
	gl = <-c
	gl++
	gl = fi() + gl
	fmt.Println(gl)
	pk++
	pk = pk * 2
	fmt.Println(pk)
	mc := make(chan map[string]int, 1)
	mc <- map[string]int{}
	m := <-mc
	m["a"]++
	m = nil
	fmt.Println(m)
	fc := make(chan func() int, 1)
	fc <- fi
	fn := <-fc
	fmt.Println(fn())
	fn = func() int { return 1 }
	fmt.Println(fn())
	ec := make(chan error, 2)
	ec <- io.EOF
	ec <- nil
	err := <-ec
	err = fmt.Errorf("x: %w", err)
	fmt.Println(err)
	err = <-ec
	fmt.Println(err == nil)
	if err = <-ec2(); err != nil {
		err = nil
	}
	any1 := any(<-c)
	any1 = "s"
	fmt.Println(any1)
	var an any = <-c
	an = 1.5
	fmt.Println(an)
}
func ec2() chan error                 { c := make(chan error, 1); c <- io.EOF; return c }
func nr(c chan int) (r int, s string) { r = <-c; r++; s = fmt.Sprint(r); r *= 2; return }
func nr2(c chan int) (r int)          { defer func() { r++ }(); return <-c }
func main() {
	f()
	fmt.Println(nr(chn()))
	fmt.Println(nr2(chn()))
}
