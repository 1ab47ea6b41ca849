package main

import "fmt"

// Operands of && and || that receive or are literals.

type yes bool

func mk(n int) chan int { c := make(chan int, n); c <- n; return c }

func flags(bs ...bool) chan bool {
	c := make(chan bool, len(bs))
	for _, b := range bs {
		c <- b
	}
	return c
}

func main() {
	x := 3
	fmt.Println(map[string]int{"q": 8}["q"] > x || x == 2)
	fmt.Println([]int{4, 5, 6}[x-2] > 8 || []int{4, 5, 6}[x-2] == 5 && x < 5)
	fmt.Println(struct{ a int }{9}.a == 9 && x == 3, [3]int{1, 2, 3}[x-1] == 3 && len([]int{1}) == 1)
	fmt.Println(<-mk(3) == 3 && x == 3, <-mk(3) == 3 || <-mk(2) == 3, x == 4 || <-mk(3) == 3 && x > 1)
	c := flags(true, false, true, true, false)
	if <-c && x == 3 {
		fmt.Println("received")
	}
	if !<-c && !<-c || <-c {
		fmt.Println("again")
	}
	for <-c || x > 1 {
		x--
		c <- false
	}
	fmt.Println(x, len(c))
	n := 3
	fmt.Println((n) == 3 && x == 1, (n) > 4 || (x) == 1 && (n) == 3, -(n) == -3 && !(n == 4))
	d := make(chan yes, 1)
	d <- true
	var y yes = <-d && x == 1
	fmt.Println(y)
	func(b bool, n int) { fmt.Println(b, n) }(<-mk(2) == 2 && true, <-mk(5))
	m := map[string][]int{"a": {1}}
	if v, ok := m["a"]; ok && v[0] == 1 && []int{v[0]}[0] == 1 || false {
		fmt.Println("found")
	}
	switch {
	case []int{1}[0] == 2 || x == 9, <-mk(1) == 1 && x == 1:
		fmt.Println("case")
	}
}
