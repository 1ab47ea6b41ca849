package main

import "fmt"

type L struct{ n int }

func (l *L) Add(xs ...any) int { return len(xs) }
func f(xs ...any) int          { return len(xs) }
func g(a int, xs ...[]int) int { return len(xs) }
func s(xs ...string) int       { return len(xs) }
func main() {
	l := &L{}
	fmt.Println(f([]any{1, 2}), f([]any{1, 2}...), f(), f(nil), f(1, []any{2, 3}), l.Add([]any{1, 2}), l.Add(), l.Add([]any{1, 2, 3}...))
	fmt.Println(g(1, []int{1, 2}), g(1), g(1, nil), s(), s("a"), s([]string{"a", "b"}...))
	var x any = []any{1, 2, 3}
	fmt.Println(f(x), f(x, x), func(v ...any) int { return len(v) }(x))
	h := f
	fmt.Println(h(x), h([]any{1, 2}))
	fmt.Println([]any{1, 2}, fmt.Sprint([]any{"a", 1}))
}
