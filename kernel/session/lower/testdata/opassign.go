package main

import "fmt"

var trace []string

func tr(s string, v int) int { trace = append(trace, s); return v }

var arr = []int{1, 2, 3}

func idx(i int) int     { trace = append(trace, fmt.Sprint("idx", i)); return i }
func ptr(p *int) *int   { trace = append(trace, "ptr"); return p }
func m() map[string]int { trace = append(trace, "m"); return mm }

var mm = map[string]int{"a": 1}

func main() {
	p := new(int)
	*p = 5
	q := p
	*p += func() int { p = new(int); return 3 }()
	fmt.Println(*q, *p)
	x := 1
	x += func() int { x = 10; return 1 }()
	fmt.Println(x)
	arr[idx(0)] += tr("f", 5)
	*ptr(q) *= tr("g", 2)
	m()["a"] += tr("h", 3)
	fmt.Println(arr, *q, mm, trace)
	trace = nil
	s := []int{1, 2, 3}
	i := 0
	s[i] += func() int { i = 2; return 10 }()
	fmt.Println(s, i)
	t := s
	t[1] += func() int { t = []int{9, 9, 9}; return 100 }()
	fmt.Println(s, t)
	type S struct {
		n int
		s string
	}
	st := &S{1, "a"}
	old := st
	st.s += func() string { st = &S{2, "b"}; return "z" }()
	fmt.Println(*old, *st)
	i = 0
	i, s[i] = 1, 50
	fmt.Println(i, s)
	s[0], s[1], s[2] = s[2], s[0], s[1]
	fmt.Println(s)
	i = 0
	s[i]++
	i++
	fmt.Println(s)
	y := 3
	y <<= func() int { y = 5; return 1 }()
	fmt.Println(y)
	str := "a"
	str += func() string { str = "b"; return "c" }()
	fmt.Println(str)
	var g = 1
	h := func() int { g++; return g }
	a, b, c := g, h(), g
	fmt.Println(b, a*0+c*0)
}
