package main

import "fmt"

func main() {
	i := 0
	s := []int{1, 2, 3}
	f := func() int { i = 2; return 9 }
	s[i] = f()
	fmt.Println(s)
	m := map[string]int{}
	m["x"] = len(m)
	fmt.Println(m)
	k := "a"
	g := func() int { k = "b"; return 5 }
	m[k] = g()
	fmt.Println(m)
	type T struct {
		n    int
		next *T
	}
	p := &T{1, nil}
	q := p
	h := func() int { p = &T{50, nil}; return 7 }
	p.n = h()
	fmt.Println(q.n, p.n)
	var e *T
	func() { defer func() { fmt.Println("r:", recover()) }(); e.n = 3 }()
	func() { defer func() { fmt.Println("r:", recover() != nil, len(m)) }(); m["zz"] = e.n }()
	func() { defer func() { fmt.Println("r:", recover() != nil, len(m)) }(); m["zy"], s[10] = 1, 2 }()
	a := [3]int{1, 2, 3}
	b := a
	b[0] = 100
	pa := &a
	pa[1] = 50
	fmt.Println(a, b, *pa)
	x, y := 1, 2
	x, y = y, x+y
	fmt.Println(x, y)
	var arr [2][2]int
	arr[1][0] = 5
	c := arr
	c[1][0]++
	fmt.Println(arr, c)
	mm := map[string][2]int{"a": {1, 2}}
	v := mm["a"]
	v[0] = 9
	fmt.Println(mm, v)
	ms := map[string]*T{}
	ms["q"] = &T{}
	ms["q"].n++
	ms["q"].n += 4
	fmt.Println(ms["q"].n)
	for i, s[i] = range []int{7, 8} {
		break
	}
	fmt.Println(i, s)
	j := 1
	xs := []int{10, 20}
	for j, xs[j] = range []int{99} {
		break
	}
	fmt.Println(j, xs)
	i = 0
	i, s[i] = 2, 77
	fmt.Println(i, s)
	t := T{1, &T{2, nil}}
	t.next.next = &t
	t.n, t.next.n = t.next.n, t.n
	fmt.Println(t.n, t.next.n, t.next.next.n)
	l := &T{1, &T{2, &T{3, nil}}}
	var prev *T
	for l != nil {
		l.next, prev, l = prev, l, l.next
	}
	for ; prev != nil; prev = prev.next {
		fmt.Print(prev.n)
	}
	fmt.Println()
}
