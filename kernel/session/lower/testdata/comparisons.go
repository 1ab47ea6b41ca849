package main

import "fmt"

func val() int8 { return -1 }

type B bool
type P interface{ f() int }
type T2 struct{ x int }

func (t *T2) f() int { return t.x }

func main() {
	x := val()
	y := int(uint8(x))
	fmt.Println(y)
	var i32 int32 = -5
	fmt.Println(uint16(i32), uint64(uint32(i32)), int64(uint8(i32)), float64(uint16(i32)))
	u := uint(48)
	fmt.Println(u >> ((1 >> u) + (1 >> u)))
	var a1 uint8 = 200
	v1 := 0 * ((2 * 1) ^ 1) & ((uint(0) >> a1) + (2+0)*(uint(2)+0))
	fmt.Println(a1>>(((2^2)>>(v1|2))+0), v1)
	n := 0
	f := func() (r [4]int) { n++; return }
	_ = f() == f()
	fmt.Println(n)
	i5 := 5
	switch true {
	case i5 < 5:
		fmt.Println("<")
	case i5 == 5:
		fmt.Println("==")
	}
	mp := map[P]int{}
	p := P(&T2{42})
	mp[p] = 42
	fmt.Println(mp[p])
	mp[&T2{42}] = 42
	fmt.Println(len(mp))
	type I1 interface{}
	mi := make(map[I1]int)
	mi[1] = 2
	mi["x"] = 3
	fmt.Println(len(mi))
	ch1 := make(chan struct{})
	var ch2 <-chan struct{} = ch1
	switch ch1 {
	case ch2:
		fmt.Println("same")
	default:
		fmt.Println("not")
	}
	switch []int(nil) {
	case nil:
		fmt.Println("nil")
	default:
		fmt.Println("not nil")
	}
}
