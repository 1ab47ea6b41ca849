package main

import "fmt"

func seq(n int) func(func(int) bool) {
	return func(y func(int) bool) {
		for i := 0; i < n; i++ {
			if !y(i) {
				return
			}
		}
	}
}
func firstOver(k int) (res int, err error) {
	for v := range seq(1000) {
		if v*v > k {
			return v, nil
		}
	}
	return -1, nil
}
func main() {
	v, _ := firstOver(50)
	fmt.Println(v)
}
