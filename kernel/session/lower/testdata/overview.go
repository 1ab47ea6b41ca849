package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
)

type Point struct {
	X, Y int
	name string
}

func (p Point) String() string { return fmt.Sprintf("<%d,%d>", p.X, p.Y) }
func (p *Point) Move(dx int)   { p.X += dx }

type Shape interface {
	Area() float64
	Scale(f float64) Shape
}
type Sq struct{ s float64 }

func (s Sq) Area() float64         { return s.s * s.s }
func (s Sq) Scale(f float64) Shape { return Sq{s.s * f} }

type MyErr struct{ code int }

func (e *MyErr) Error() string { return fmt.Sprint("code ", e.code) }

type ByX []Point

func (b ByX) Len() int           { return len(b) }
func (b ByX) Less(i, j int) bool { return b[i].X < b[j].X }
func (b ByX) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }
func f(n int) (err error) {
	if n > 0 {
		return &MyErr{n}
	}
	return nil
}

type Node struct {
	next *Node
	v    int
	kids map[string]Node
}
type Animal struct{ Name string }

func (a *Animal) Speak() string { return a.Name + "!" }

type Dog struct {
	*Animal
	Age int
}
type Speaker interface{ Speak() string }

func main() {
	p := Point{1, 2, "n"}
	p.Move(3)
	fmt.Println(p, &p, []Point{p}, map[string]Point{"a": p})
	fmt.Printf("%T %+v %#v %d\n", p, p, p, p)
	var s Shape = Sq{2}
	fmt.Println(s.Area(), s.Scale(2).Area(), s)
	e := fmt.Errorf("w: %w", f(3))
	var me *MyErr
	fmt.Println(errors.As(e, &me), me.code, f(0) == nil, e)
	b, _ := json.Marshal(p)
	fmt.Println(string(b))
	ps := ByX{{3, 1, ""}, {1, 2, ""}}
	sort.Sort(ps)
	fmt.Println(ps)
	n := &Node{v: 1}
	n.next = &Node{v: 2, kids: map[string]Node{"k": {v: 7}}}
	fmt.Println(n.next.v, n.next.kids["k"].v, n.next.next == nil)
	d := Dog{&Animal{"rex"}, 3}
	fmt.Println(d.Speak(), d.Name)
	var sp Speaker = d
	fmt.Println(sp.Speak())
	switch v := any(p).(type) {
	case fmt.Stringer:
		fmt.Println("stringer", v)
	case Point:
		fmt.Println("pt")
	}
	for i := range 3 {
		defer func() { fmt.Println("d", i) }()
	}
	for i, r := range "aé\xffz" {
		fmt.Print(i, ":", string(r), " ")
	}
	fmt.Println(min(3, 1, 2), max(2.5, 1))
	g := p.String
	p.X = 99
	fmt.Println(g(), Point.String(p), (*Point).String(&p))
	seq := func(yield func(int) bool) {
		for i := 0; i < 10; i++ {
			if !yield(i) {
				return
			}
		}
	}
	for x := range seq {
		if x == 2 {
			continue
		}
		if x > 4 {
			break
		}
		fmt.Print(x, " ")
	}
	fmt.Println()
	defer func() { fmt.Println("rec", recover()) }()
	var arr []int
	_ = arr[5]
}
