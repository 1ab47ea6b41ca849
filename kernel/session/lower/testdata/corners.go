package main

import "fmt"

func f1(v1 uint) uint { return v1 >> ((1 >> v1) + (1 >> v1)) }
func f2(a1 uint8) uint8 {
	a1--
	v1 := 0 * ((2 * 1) ^ 1) & ((uint(0) >> a1) + (2+0)*(uint(2)+0))
	_ = v1
	return a1 >> (((2 ^ 2) >> (v1 | 2)) + 0)
}
func f3(s uint) (int64, uint8, float64) {
	var x int64 = 1 << s
	var y uint8 = 1<<s + 1
	return x, y, float64(1 << 3)
}

func deref() (bad bool) {
	defer func() { fmt.Println(recover()) }()
	var p *int
	bad, _ = true, *p
	return
}
func deref2() {
	defer func() { fmt.Println(recover()) }()
	var p *int
	_ = *p
}
func deref3() {
	defer func() { fmt.Println(recover()) }()
	var p *struct{ a [10]int }
	_ = p.a
}
func deref4() {
	defer func() { fmt.Println(recover()) }()
	var p *[4]int
	for _, v := range *p {
		fmt.Println(v)
	}
}
func deref5() {
	defer func() { fmt.Println(recover()) }()
	var p *string
	for _, v := range *p {
		fmt.Println(v)
	}
}

var trace string

func tr(s string) string { trace += s; return s }
func pi() *int           { trace += "p"; return new(int) }
func two() (int, error)  { trace += "2"; return 1, nil }

func main() {
	fmt.Println(f1(48))
	fmt.Println(f2(3))
	fmt.Println(f3(5))
	fmt.Println(deref())
	deref2()
	deref3()
	deref4()
	deref5()
	m := map[string]int{}
	var e error
	m[tr("a")], e = two()
	*pi(), e = two()
	*pi(), m[tr("c")] = m[tr("d")], *pi()
	fmt.Println(trace, e)
	i := any(true)
	switch {
	case i == 1:
		fmt.Println("one")
	case i:
		fmt.Println("true")
	}
	var z int = 5
	switch z {
	case 1, 2, 3:
		fmt.Println("low")
	case 4, 5:
		fmt.Println("mid")
		fallthrough
	case 6:
		fmt.Println("fell")
	}
	mk := map[any]int{1: 1, "a": 2, 2.5: 3, int8(1): 4, [2]int{1, 2}: 5, nil: 6}
	fmt.Println(len(mk), mk[int8(1)], mk[1], mk[nil], mk[[2]int{1, 2}])
	type T struct{ x int }
	mp := map[*T]int{}
	mp[nil] = 42
	mp[&T{7}] = 1
	fmt.Println(len(mp), mp[nil])
	mc := map[chan int]int{nil: 3}
	mc[make(chan int)] = 2
	fmt.Println(len(mc), mc[nil])
	b := []byte{1, 2, 3}
	fmt.Println(len(string(b)), string(b[:2]) == "\x01\x02")
}
