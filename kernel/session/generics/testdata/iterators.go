package main

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

func Count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func Map[T, U any](seq iter.Seq[T], f func(T) U) iter.Seq[U] {
	return func(yield func(U) bool) {
		for v := range seq {
			if !yield(f(v)) {
				return
			}
		}
	}
}

func Filter[T any](seq iter.Seq[T], keep func(T) bool) iter.Seq[T] {
	return func(yield func(T) bool) {
		seq(func(v T) bool { return !keep(v) || yield(v) })
	}
}

func Take[T any](seq iter.Seq[T], n int) iter.Seq[T] {
	return func(yield func(T) bool) {
		if n <= 0 {
			return
		}
		i := 0
		for v := range seq {
			if !yield(v) {
				return
			}
			if i++; i >= n {
				return
			}
		}
	}
}

func Zip[A, B any](a iter.Seq[A], b iter.Seq[B]) iter.Seq2[A, B] {
	return func(yield func(A, B) bool) {
		next, stop := iter.Pull(b)
		defer stop()
		for x := range a {
			y, ok := next()
			if !ok || !yield(x, y) {
				return
			}
		}
	}
}

func Find[T any](seq iter.Seq[T], ok func(T) bool) (T, bool) {
	for v := range seq {
		if ok(v) {
			return v, true
		}
	}
	var zero T
	return zero, false
}

type Row struct {
	Name string
	N    int
}

func main() {
	fmt.Println(slices.Collect(Count(4)))
	fmt.Println(slices.Collect(Take(Filter(Map(Count(100), func(i int) int { return i * i }), func(i int) bool { return i%2 == 1 }), 3)))
	for a, b := range Zip(Count(10), slices.Values([]string{"x", "y"})) {
		fmt.Print(a, b, " ")
	}
	fmt.Println()
	fmt.Println(Find(Count(10), func(i int) bool { return i > 6 }))
	m := map[string]int{"a": 1, "b": 2, "c": 3}
	fmt.Println(slices.Sorted(maps.Keys(m)), slices.Sorted(maps.Values(m)))
	fmt.Println(maps.Collect(maps.All(m)), maps.Collect(slices.All([]string{"p", "q"})))
	fmt.Println(slices.Collect(strings.SplitSeq("a,b,c", ",")), slices.Collect(strings.Lines("x\ny\n")), slices.Collect(strings.FieldsSeq(" f  g ")))
	for i, v := range slices.Backward([]string{"p", "q"}) {
		fmt.Print(i, v, " ")
	}
	for c := range slices.Chunk([]int{1, 2, 3, 4, 5}, 2) {
		fmt.Print(c, cap(c), " ")
	}
	fmt.Println()
	next, stop := iter.Pull2(maps.All(map[int]string{1: "one"}))
	k, v, ok := next()
	fmt.Println(k, v, ok)
	_, _, ok = next()
	fmt.Println(ok)
	stop()
	rows := []Row{{"b", 2}, {"a", 2}, {"c", 1}}
	fmt.Println(slices.SortedStableFunc(slices.Values(rows), func(x, y Row) int { return x.N - y.N }))
	fmt.Println(slices.SortedFunc(slices.Values(rows), func(x, y Row) int { return strings.Compare(x.Name, y.Name) }))
	fmt.Println(slices.AppendSeq([]int{9}, Count(2)))
	fmt.Printf("%T %T\n", Count(1), Map(Count(1), func(i int) Row { return Row{N: i} }))
	nextE, stopE := iter.Pull(slices.Values([]error{nil, fmt.Errorf("e")}))
	defer stopE()
	for {
		e, ok := nextE()
		if !ok {
			break
		}
		fmt.Print(e, " ")
	}
	fmt.Println()
	func() {
		defer func() { fmt.Println("panic:", recover()) }()
		next, stop := iter.Pull(func(yield func(int) bool) { yield(1); panic("in seq") })
		defer stop()
		fmt.Println(next())
		fmt.Println(next())
	}()
}
