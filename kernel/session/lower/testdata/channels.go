package main

import "fmt"

func merge(cs ...<-chan int) <-chan int {
	out := make(chan int)
	for _, c := range cs {
		go func() {
			for v := range c {
				out <- v
			}
			close(out)
		}()
	}
	return out
}
func gen(xs ...int) <-chan int {
	c := make(chan int)
	go func() {
		for _, x := range xs {
			c <- x
		}
		close(c)
	}()
	return c
}
func main() {
	for v := range merge(gen(1, 2)) {
		fmt.Println(v)
	}
}
