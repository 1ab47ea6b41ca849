package main

import "fmt"

func main() {
	var fs []func() int
	for i := 0; i < 3; i++ {
		fs = append(fs, func() int { return i })
	}
	for _, f := range fs {
		fmt.Print(f(), " ")
	}
	fmt.Println("loopvar")
	fs = nil
	for i := 0; i < 3; i++ {
		x := i * 2
		fs = append(fs, func() int { x++; return x })
	}
	for _, f := range fs {
		fmt.Print(f(), f(), " ")
	}
	fmt.Println("body :=")
	fs = nil
	for i := 0; i < 3; i++ {
		var x int
		x = i
		fs = append(fs, func() int { x++; return x })
	}
	for _, f := range fs {
		fmt.Print(f(), f(), " ")
	}
	fmt.Println("body var")
	fs = nil
	for i := 0; i < 3; i++ {
		x := i
		fs = append(fs, func() int { return x })
		x += 10
	}
	for _, f := range fs {
		fmt.Print(f(), " ")
	}
	fmt.Println("modified after capture")
	fs = nil
	for _, v := range []int{5, 6, 7} {
		fs = append(fs, func() int { return v })
	}
	for _, f := range fs {
		fmt.Print(f(), " ")
	}
	fmt.Println("range")
	for i := 0; i < 3; i++ {
		defer func() { fmt.Print(i, " ") }()
	}
	for i := 0; i < 3; i++ {
		defer func(n int) { fmt.Print("n", n, " ") }(i)
	}
	for i := 0; i < 3; i++ {
		x := i
		defer func() { fmt.Print("x", x, " ") }()
	}
	var ps []*int
	for i := 0; i < 3; i++ {
		ps = append(ps, &i)
	}
	for _, p := range ps {
		fmt.Print(*p, " ")
	}
	ps = nil
	for i := 0; i < 3; i++ {
		x := i
		ps = append(ps, &x)
	}
	for _, p := range ps {
		fmt.Print(*p, " ")
	}
	ps = nil
	for i := 0; i < 3; i++ {
		var x int
		x = i
		ps = append(ps, &x)
	}
	for _, p := range ps {
		fmt.Print(*p, " ")
	}
	fmt.Println("pointers")
	mk := func() func() int { c := 0; return func() int { c++; return c } }
	a, b := mk(), mk()
	fmt.Println(a(), a(), b())
	cnt := 0
	inc := func() { cnt++ }
	inc()
	inc()
	fmt.Println(cnt)
	var fib func(int) int
	fib = func(n int) int {
		if n < 2 {
			return n
		}
		return fib(n-1) + fib(n-2)
	}
	fmt.Println(fib(15))
	ch := make(chan int, 10)
	done := make(chan bool)
	for i := 0; i < 3; i++ {
		go func() { ch <- i; done <- true }()
	}
	for i := 0; i < 3; i++ {
		<-done
	}
	s := 0
	for i := 0; i < 3; i++ {
		s += <-ch
	}
	fmt.Println(s)
	type pair struct{ a, b int }
	for i := 0; i < 2; i++ {
		p := pair{i, i}
		q := &p
		q.a += 5
		fmt.Print(p, *q, " ")
	}
	fmt.Println()
}
