package main

import (
	"fmt"
	"sort"
)

type base struct{ id int }

func (b base) Describe() string { return fmt.Sprint("base ", b.id) }
func (b *base) SetID(n int)     { b.id = n }

type describer interface{ Describe() string }

type Kind struct{ describer }

func main() {
	a := struct {
		base
		Name string
	}{base{1}, "n"}
	a.SetID(4)
	var d describer = a
	fmt.Println(d.Describe(), a.Describe(), a.id)
	type local struct {
		*base
		extra int
	}
	l := local{&base{7}, 1}
	d = l
	l.SetID(8)
	fmt.Println(d.Describe(), Kind{d}.Describe())
	s := struct{ sort.Interface }{sort.IntSlice{2, 1}}
	sort.Sort(s)
	fmt.Println(s)
	fn := func() describer {
		type inner struct{ base }
		return inner{base{9}}
	}
	fmt.Printf("%s %T\n", fn().Describe(), fn())
	var e interface {
		describer
		SetID(int)
	} = &a
	e.SetID(5)
	fmt.Println(e.Describe())
}
