package main

import "fmt"

type E interface{ fmt.Stringer }
type Num float64
type Sym string
type Bin struct {
	Op   byte
	L, R E
}

func (n Num) String() string { return fmt.Sprintf("%g", float64(n)) }
func (s Sym) String() string { return string(s) }
func (b Bin) String() string { return fmt.Sprintf("(%v %c %v)", b.L, b.Op, b.R) }
func fold(b Bin) E {
	l, lok := b.L.(Num)
	r, rok := b.R.(Num)
	switch {
	case lok && rok && b.Op == '+':
		return l + r
	case b.Op == '*' && (lok && l == 0 || rok && r == 0):
		return Num(0)
	case b.Op == '*' && lok && l == 1:
		return b.R
	case b.Op == '*' && rok && r == 1, b.Op == '+' && rok && r == 0:
		return b.L
	case b.Op == '+' && lok && l == 0:
		return b.R
	}
	return b
}
func main() {
	x := Sym("x")
	fmt.Println(fold(Bin{'+', Num(1), Num(2)}))
	fmt.Println(fold(Bin{'*', Num(0), x}))
	fmt.Println(fold(Bin{'*', Num(1), x}))
	fmt.Println(fold(Bin{'*', x, Num(1)}))
	fmt.Println(fold(Bin{'+', x, Num(0)}))
	fmt.Println(fold(Bin{'+', Num(0), x}))
	fmt.Println(fold(Bin{'+', x, x}))
}
