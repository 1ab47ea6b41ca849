package main

import "fmt"

func main() {
	var u8 uint8 = 200
	var i8 int8 = 127
	i8++
	u8 += 100
	var u16 uint16 = 1 << 15
	fmt.Println(u8, i8, u16<<1, ^u8, -i8, uint32(1)<<31, int64(-1)>>3, uint64(1)<<63)
	n := 5
	s := uint(3)
	x := 1<<n | 1<<s
	x <<= s
	x &^= 8
	fmt.Println(x, 7&^2, -7/2, -7%3, 7>>1, 1.0*3/2)
	const big = 1 << 100
	fmt.Println(big>>98, float32(0.1), float64(float32(0.1)), 0.1+0.2, complex(1, 2)*complex(0, 1))
	var f32 float32 = 16777216.0
	fmt.Println(f32+1, f32 == f32+1, 'a'+1, string(rune('a'+1)), "s"+"t")
	var c64 complex64 = 1 + 2i
	fmt.Println(c64*c64, real(c64), imag(c64))
	type Flags uint8
	const (
		A Flags = 1 << iota
		B
		C
	)
	f := A | C
	fmt.Println(f, f&B == 0, f&C == C, f|B, f&^A, A<<2)
	type Celsius float64
	t := Celsius(36.6)
	t = t*9/5 + 32
	fmt.Printf("%.2f %T\n", t, t)
	var i any = 3
	switch i {
	case "a", 2:
		fmt.Println("no")
	case 3, nil:
		fmt.Println("three")
	}
	switch y := n * 2; {
	case y > 5:
		fmt.Println("big")
		fallthrough
	case y > 100:
		fmt.Println("fell")
	default:
		fmt.Println("default")
	}
	switch n {
	case 1, 2, 5:
		fmt.Println("in")
	}
	b := []byte("héy")
	r := []rune("héy")
	fmt.Println(len(b), len(r), string(r[1]), string(b[:1]), b, "héy"[1], "héy"[1:3])
	for i, r := range "a\xe9b" {
		fmt.Print(i, r, " ")
	}
	for i := range "héy" {
		fmt.Print(i, " ")
	}
	for range 2 {
		fmt.Print(".")
	}
	fmt.Println(min(2, 1.5), max("a", "b"), min(u8, 3))
	m := map[string][]int{}
	m["a"] = append(m["a"], 1, 2)
	m["a"][0]++
	delete(m, "zz")
	fmt.Println(m, len(m["q"]))
	clear(m)
	sl := []int{1, 2, 3, 4, 5}
	copy(sl[1:], sl)
	cp := append([]int(nil), sl[:2]...)
	cp[0] = 99
	fmt.Println(sl, cp, len(m), sl[1:3:4], cap(sl[1:3:4]))
	arr := [...]string{2: "c", 0: "a"}
	pa := &arr
	for i, v := range pa {
		pa[2] = "z"
		fmt.Print(i, v, " ")
	}
	for i, v := range arr {
		arr[2] = "y"
		fmt.Print(i, v, " ")
	}
	fmt.Println(len(arr), arr)
	a4 := [4]int(sl[:4])
	p4 := (*[2]int)(sl)
	p4[0] = -1
	fmt.Println(a4, sl[0], *p4)
	ms := map[struct{ a, b int }]string{{1, 2}: "x"}
	fmt.Println(ms[struct{ a, b int }{1, 2}])
	del := map[int]bool{1: true, 2: true, 3: true}
	for k := range del {
		delete(del, k)
	}
	fmt.Println(len(del))
	len := func(x int) int { return x * 2 }
	fmt.Println(len(4))
	string := "shadow"
	fmt.Println(string)
	{
		n := n + 1
		n++
		fmt.Println(n)
	}
	fmt.Println(n)
}
