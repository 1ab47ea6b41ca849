package main

import "fmt"

func run(n int) (top float64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	if n == 1 {
		panic("x")
	}
	return 25, nil
}
func main() {
	for _, s := range []int{0, 1} {
		fmt.Println(run(s))
	}
	for _, s := range []int{0, 1} {
		a, b := run(s)
		fmt.Println(a, b)
	}
}
