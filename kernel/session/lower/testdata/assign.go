package main

import "fmt"

type node struct {
	v    int
	next *node
}

type S struct {
	a [3]int
	m map[string]int
	p *S
	n int
}

func two() (int, string)         { return 7, "seven" }
func three() (a, b int, c error) { return 1, 2, nil }

func main() {
	i, a := 0, []int{10, 20, 30}
	i, a[i] = 2, 99
	fmt.Println(i, a)
	a[0], a[1], a[2] = a[2], a[0], a[1]
	fmt.Println(a)
	x, y := 1, 2
	x, y = y, x+y
	fmt.Println(x, y)

	var list *node
	for i := range 4 {
		list = &node{i, list}
	}
	var prev *node
	for cur := list; cur != nil; {
		prev, cur, cur.next = cur, cur.next, prev
	}
	for n := prev; n != nil; n = n.next {
		fmt.Print(n.v, " ")
	}
	fmt.Println()

	var s S
	s.m = map[string]int{}
	s.p = &S{}
	s.a[1], s.m["k"], s.p.n = 5, 6, 7
	s.n, s.a[2] = s.a[1], s.n
	fmt.Println(s.a, s.m, s.p.n, s.n)
	t := s
	t.a[0] = 100
	t.m["shared"] = 1
	fmt.Println(s.a, t.a, len(s.m))
	s.n, s.m["x"] = len("four"), 8
	fmt.Println(s.n, s.m)

	var v any
	var ok any
	m := map[string]any{"a": 1}
	v, ok = m["a"]
	fmt.Println(v, ok)
	var arr [2]any
	arr[0], arr[1] = two()
	fmt.Println(arr)
	n, str := two()
	n, str2 := two()
	fmt.Println(n, str, str2)
	_, b, err := three()
	fmt.Println(b, err)
	var e error
	m["n"], e = two2()
	fmt.Println(m["n"], e)
	ch := make(chan int, 1)
	ch <- 4
	m["c"], ok = <-ch
	fmt.Println(m["c"], ok)
	_, isInt := m["c"].(int)
	var flags [1]bool
	_, flags[0] = m["c"].(string)
	fmt.Println(isInt, flags)
	type pair struct{ a, b int }
	ps := []pair{{1, 2}, {3, 4}}
	ps[0], ps[1] = ps[1], ps[0]
	p0 := ps[0]
	p0.a = 50
	fmt.Println(ps, p0)
	grid := [2][2]int{{1, 2}, {3, 4}}
	g2 := grid
	g2[0][0] = 9
	grid[0], grid[1] = grid[1], grid[0]
	fmt.Println(grid, g2, grid == g2, grid != g2)
	q := &ps[1]
	q.b += 10
	*q, ps[0].a = pair{7, 8}, q.b
	fmt.Println(ps)
	lines, cur := []string{}, "one"
	for _, w := range []string{"two", "three"} {
		lines, cur = append(lines, cur), w
	}
	fmt.Println(append(lines, cur))
}

func two2() (any, error) { return 3, fmt.Errorf("e") }
