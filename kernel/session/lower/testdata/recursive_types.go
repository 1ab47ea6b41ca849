package main

import "fmt"
import "strings"

type F func(F, int) int
type M map[string]M
type S []S
type C chan C
type L struct {
	next *L
	self func(*L) *L
	m    map[*L]int
}
type I interface {
	Next() I
	Val() int
}
type in struct {
	v int
	n I
}

func (i in) Next() I  { return i.n }
func (i in) Val() int { return i.v }

type Expr interface {
	Eval(env map[string]float64) float64
}
type Num float64
type Var string
type Bin struct {
	op   byte
	l, r Expr
}

func (n Num) Eval(map[string]float64) float64   { return float64(n) }
func (v Var) Eval(e map[string]float64) float64 { return e[string(v)] }
func (b Bin) Eval(e map[string]float64) float64 {
	switch l, r := b.l.Eval(e), b.r.Eval(e); b.op {
	case '+':
		return l + r
	case '*':
		return l * r
	default:
		panic("op " + string(b.op))
	}
}

type Opt func(*srv) Opt
type srv struct{ port int }

func port(p int) Opt { return func(s *srv) Opt { old := s.port; s.port = p; return port(old) } }

type Visitor interface{ Visit(n *T) Visitor }
type T struct {
	k string
	c []*T
}
type depth struct {
	d   int
	out *[]string
}

func (d depth) Visit(n *T) Visitor {
	if n == nil {
		return nil
	}
	*d.out = append(*d.out, strings.Repeat(".", d.d)+n.k)
	return depth{d.d + 1, d.out}
}
func walk(v Visitor, n *T) {
	if v = v.Visit(n); v == nil {
		return
	}
	for _, c := range n.c {
		walk(v, c)
	}
}
func state(n *int) stateFn {
	*n++
	if *n > 3 {
		return nil
	}
	return state
}

type stateFn func(*int) stateFn

var i I = in{1, in{2, in{3, nil}}}

func main() {
	f := F(func(self F, n int) int {
		if n == 0 {
			return 1
		}
		return n * self(self, n-1)
	})
	fmt.Println(f(f, 5))
	m := M{"a": {"b": {}}}
	m["a"]["c"] = M{"d": nil}
	fmt.Println(m, len(m["a"]["c"]))
	s := S{S{}, S{S{}}}
	s[0] = append(s[0], nil)
	fmt.Println(s, len(s[1]))
	c := make(C, 1)
	c <- c
	fmt.Println(<-c == c)
	l := &L{m: map[*L]int{}}
	l.next = l
	l.self = func(x *L) *L { return x.next }
	l.m[l]++
	fmt.Println(l.self(l).next.m[l], l.next == l)
	for x := i; x != nil; x = x.Next() {
		fmt.Print(x.Val(), " ")
	}
	fmt.Println(Bin{'+', Num(1), Bin{'*', Var("x"), Num(3)}}.Eval(map[string]float64{"x": 2}))
	sv := &srv{80}
	undo := port(8080)(sv)
	fmt.Print(sv.port, " ")
	undo(sv)
	fmt.Println(sv.port)
	out := []string{}
	walk(depth{0, &out}, &T{"root", []*T{{"a", []*T{{"b", nil}}}, {"c", nil}}})
	fmt.Println(out)
	n := 0
	for st := stateFn(state); st != nil; {
		st = st(&n)
	}
	fmt.Println(n)
}
