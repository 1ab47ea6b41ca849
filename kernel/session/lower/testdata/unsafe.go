package main

import (
	"fmt"
	"unsafe"
)

type S struct{ a, b int }

func f() int { return 7 }

func main() {
	p := new(123)
	q := new("hi")
	r := new(f() + 1)
	s := new(S{1, 2})
	t := new(uint8(200))
	e := new(error(nil))
	fmt.Println(*p, *q, *r, *s, *t, *e)
	*p++
	fmt.Println(*p)
	fmt.Printf("%T %T %T\n", p, t, new(1.5))
	b := []byte("hello")
	fmt.Println(unsafe.String(&b[0], len(b)), *unsafe.SliceData(b), *unsafe.StringData("xyz"))
	arr := [4]int{1, 2, 3, 4}
	sl := unsafe.Slice(&arr[1], 2)
	sl[0] = 9
	fmt.Println(arr, sl, len(sl), cap(sl))
	pp := (*int)(unsafe.Add(unsafe.Pointer(&arr[0]), unsafe.Sizeof(arr[0])*2))
	fmt.Println(*pp, unsafe.Offsetof(s.b), unsafe.Alignof(*t))
	var nilp *int
	fmt.Println(unsafe.Slice(nilp, 0) == nil)
	println(nilp, []int(nil), map[int]int(nil), any(nil), error(nil), (func())(nil), (chan int)(nil), 1.5, 'x', "s", true, 3+4i)
	print(1, "a", 2, "\n")
}
