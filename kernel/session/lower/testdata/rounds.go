package main

import "fmt"

type S struct{ a int }

func main() {
	var fs []func()
	mk := func(i int) func() { return func() { fmt.Print(i, " ") } }
	for i := 0; i < 3; i++ {
		f := mk(i)
		g := func() { f() }
		fs = append(fs, g)
	}
	for _, f := range fs {
		f()
	}
	fmt.Println("func from call")
	fs = nil
	for i := 0; i < 3; i++ {
		x := i
		f := func() { fmt.Print(x, " ") }
		g := func() { f() }
		fs = append(fs, g)
	}
	for _, f := range fs {
		f()
	}
	fmt.Println("func lit")
	fs = nil
	for i := 0; i < 3; i++ {
		x := i
		var f func() = func() { fmt.Print(x, " ") }
		g := func() { f() }
		fs = append(fs, g)
	}
	for _, f := range fs {
		f()
	}
	fmt.Println("func var lit")
	fs = nil
	for i := 0; i < 3; i++ {
		s := S{i}
		p := &s
		str := fmt.Sprint(i)
		sl := []int{i}
		var a any = i
		g := func() { fmt.Print(s, p.a, str, sl, a, " ") }
		fs = append(fs, g)
	}
	for _, f := range fs {
		f()
	}
	fmt.Println("others")
	fs = nil
	for i := 0; i < 3; i++ {
		a, b := fmt.Print()
		c := fmt.Sprint
		d := i
		e := d
		_ = c
		g := func() { fmt.Print(a, b, d, e, " ") }
		fs = append(fs, g)
	}
	for _, f := range fs {
		f()
	}
	fmt.Println("tuple")
	for i := 0; i < 3; i++ {
		m := map[int]int{i: i}
		v, ok := m[1]
		g := func() { fmt.Print(v, ok, " ") }
		fs = append(fs, g)
	}
	for _, f := range fs {
		f()
	}
	fmt.Println("comma ok")
}
func init() {
	m := map[string]int{"a": 1}
	for _, k := range []string{"a", "b", "a"} {
		v, ok := m[k]
		fmt.Print(v, ok, " ")
		if x, ok := m[k]; ok {
			fmt.Print(x)
		}
	}
	c := make(chan int, 2)
	c <- 5
	close(c)
	for range 3 {
		v, ok := <-c
		fmt.Print(v, ok, " ")
	}
	var a any = 1
	for i := range 3 {
		if i == 1 {
			a = "s"
		}
		n, ok := a.(int)
		fmt.Print(n, ok, " ")
	}
	fmt.Println()
}
