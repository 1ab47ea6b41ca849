package main

import "fmt"
import "io"

type pt struct{ a, b int }
type node struct {
	v    int
	kids []*node
}
type list []int

func main() {
	ps := append([]*pt{}, nil, &pt{1, 2})
	fmt.Println(ps[0] == nil, *ps[1])
	ms := append([]map[string]int{}, nil, map[string]int{"a": 1})
	fmt.Println(ms, ms[0] == nil)
	fs := append([]func() int{}, nil, func() int { return 3 })
	fmt.Println(fs[0] == nil, fs[1]())
	cs := append([]chan int{}, nil)
	fmt.Println(cs[0] == nil)
	es := append([]error{}, nil, io.EOF)
	fmt.Println(es)
	ss := append([][]int{}, nil, []int{1}, list{2})
	fmt.Println(ss, ss[0] == nil)
	as := append([]any{}, nil, []any{1, "a"}, []int{3}, list{4})
	fmt.Println(as, len(as))
	as = append(as[:0], []any{5, 6})
	fmt.Println(as, len(as))
	as = append(as, []any{7, 8}...)
	fmt.Println(as)
	n := &node{}
	n.kids = append(n.kids, nil, &node{v: 2})
	fmt.Println(len(n.kids), n.kids[1].v)
	s := make([]byte, 5, 6)
	copy(s, "12346")
	s = append(s[:len(s)-1], '5', s[len(s)-1])
	fmt.Println(string(s))
	t := make([]int, 3, 10)
	t[0], t[1], t[2] = 1, 2, 3
	t = append(t[:1], 9, t[1], t[2])
	fmt.Println(t)
	t = append(t[:1], t[2], t[1])
	fmt.Println(t)
	t = append(t[:0], t[2], t[1], t[0])
	fmt.Println(t)
	pa := &[3]int{1, 2, 3}
	x := [][]int{pa[:], (*pa)[1:2]}
	m := map[string][]int{"a": pa[:]}
	x[0][0] = 50
	fmt.Println(x, m, *pa, append([]int{}, pa[:]...), append((*pa)[:1], 7), *pa)
	_ = ps
	_ = ms
	_ = fs
	_ = cs
	_ = as
	_ = n
	_ = s
	_ = t
	_ = pa
}
