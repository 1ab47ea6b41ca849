package main

import "fmt"

// The names of instances as %T shows them, and comparisons of a named and an unnamed struct.

type gen[T any] struct{ v T }

type pair struct{ X, Y int }

type tagged = struct {
	A int `json:"a"`
	B []pair
}

func show(vs ...any) {
	for _, v := range vs {
		fmt.Printf("%T\n", v)
	}
}

func sum(p pair) int { return p.X + p.Y }

func give() pair {
	v := struct{ X, Y int }{1, 2}
	return v
}

func main() {
	show(gen[byte]{}, gen[rune]{}, gen[[]byte]{}, gen[any]{}, gen[error]{}, gen[uintptr]{})
	show(gen[struct{}]{}, gen[struct{ X int }]{}, gen[tagged]{}, gen[*pair]{}, gen[struct{ pair }]{})
	show(gen[func(int) string]{}, gen[func(pair, ...rune) (int, error)]{}, gen[func()]{})
	show(gen[chan int]{}, gen[<-chan pair]{}, gen[chan<- byte]{}, gen[map[rune]struct{ a, b byte }]{})
	show(gen[interface{ M(int) string }]{}, gen[fmt.Stringer]{}, gen[gen[gen[byte]]]{}, gen[[3]rune]{})

	unnamed := struct{ X, Y int }{1, 2}
	named := pair{1, 2}
	fmt.Println(unnamed == named, named == unnamed, unnamed != pair{2, 1}, pair(unnamed) == named)
	p := &unnamed
	fmt.Println(*p == named, [1]pair{named}[0] == *p)
	type other pair
	fmt.Println(other(named) == unnamed)
	back := struct{ X, Y int }(named)
	var assigned pair = unnamed
	back = pair{7, 8}
	assigned = struct{ X, Y int }{9, 9}
	back, assigned = named, back
	fmt.Println(back, assigned, sum(unnamed), give() == unnamed)
	list := []pair{unnamed, {3, 4}}
	list[1] = unnamed
	list = append(list, unnamed)
	index := map[pair]int{unnamed: 1}
	through := make(chan pair, 1)
	through <- unnamed
	fmt.Println(list, index[unnamed], <-through)
}
