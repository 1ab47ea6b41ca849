package main

import (
	"fmt"
	"runtime"
)

type node struct {
	next *node
	v    int
}

func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return n.v + n.next.sum()
}

func list(n int) (l *node) {
	for i := range n {
		l = &node{l, i}
	}
	return l
}

func try(f func()) {
	defer func() {
		r := recover()
		_, ok := r.(runtime.Error)
		fmt.Println(r, ok)
	}()
	f()
}

func value() int { fmt.Print("called "); return 1 }

func main() {
	fmt.Println(list(5).sum())
	total := 0
	for n := list(4); n != nil; n = n.next {
		total += n.v
		if n.v == 1 {
			n = n.next
			fmt.Print(n.v, " ")
		}
	}
	fmt.Println(total)
	for n := list(3); ; n = n.next { // without a condition
		if n.next == nil {
			fmt.Println("last", n.v)
			break
		}
		fmt.Print(n.v, " ")
	}
	next := []int{2, 3, 1, -1}
	for i := 0; ; i = next[i] {
		if i < 0 {
			break
		}
		fmt.Print(i, " ")
	}
	for i := 0; ; {
		if i++; i > 3 {
			break
		}
		fmt.Print(i, " ")
	}
	var fs []func() int
	for i := 0; ; {
		fs = append(fs, func() int { return i })
		if i++; i > 3 {
			break
		}
	}
	for _, f := range fs {
		fmt.Print(f(), " ")
	}
	fmt.Println()
	var p *node
	var q *int
	try(func() { fmt.Println(p.v) })
	try(func() { fmt.Println(*q) })
	try(func() { p.v = value() })
	try(func() { n := &node{}; n.next.v = value() })
	try(func() { n := &node{}; n.next.next = n })
	try(func() {
		n := &node{}
		fmt.Println(n.v, p != nil && p.v == 1, n.next == nil || n.next.v == 3)
		n = n.next
		fmt.Println(n.v)
	})
	try(func() {
		for n := list(2); ; n = n.next {
			fmt.Print(n.v, " ")
		}
	})
	try(func() {
		n := list(1)
		if n != nil {
			n = n.next
			n.v++
		}
	})
	try(func() {
		n := list(1)
		reset := func() { n = nil }
		n.v = 3
		reset()
		n.v = 4
	})
	try(func() {
		x, n := 1, list(1)
		x, n = n.v, nil
		fmt.Println(x)
		x, n = n.v, list(2)
	})
	try(func() { **(&q) = 2 })
}
