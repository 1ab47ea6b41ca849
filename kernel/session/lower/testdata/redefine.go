package main

import "fmt"

func say(s string, v int) int { fmt.Print(s, " "); return v }

func results(p int) (r string) {
	r, q := fmt.Sprint(p), r+"x"
	p, s := p*2, p
	x, y := 1, "a"
	z, x := x, 7
	y, v := y+"b", y
	return fmt.Sprint(r, q, p, s, x, y, z, v)
}

func main() {
	a, b := 1, 2
	a, c := b, a
	fmt.Println(a, b, c)
	d, a := a, 9
	fmt.Println(d, a)
	if a, b := 1, 2; a < b {
		a, c := b, a
		fmt.Println(a, c)
		for i := range 2 {
			a, c := c, a+i
			fmt.Println(a, c, func() int { a++; return a }())
		}
	}
	var x any = 1
	x, y := "s", x
	fmt.Println(x, y)
	g := func() int { return 1 }
	g, h := func() int { return 2 }, g
	fmt.Println(g(), h())
	i, at := 0, []int{1, 2}
	i, e := 1, at[i]
	fmt.Println(i, e, results(3))
	k, i := say("first", 1), say("second", 2)
	j, i := func() int { return i }(), 5
	fmt.Println(i, j, k)
	type pair struct{ a, b int }
	p := pair{1, 2}
	q, p := p, pair{7, 8}
	q.a = 5
	fmt.Println(p, q)
	_, r := say("blank", 1), p
	r.a = 0
	fmt.Println(p, r)
}
