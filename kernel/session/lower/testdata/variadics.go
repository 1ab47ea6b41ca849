package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
)

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
	leftOut()
}

// A compiled function sees nil where variadic arguments are left out.
func leftOut() {
	fmt.Println(slog.GroupValue().Group() == nil, slog.GroupValue(slog.Int("a", 1)).Group() == nil)
	fmt.Println(slog.GroupValue([]slog.Attr{}...).Group() == nil)
	var l *slog.Logger = slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	l.Info("nothing more")
	l.With().Info("a number", "n", 3)
	fmt.Println()
	fmt.Println(fmt.Sprint() == "", len(fmt.Append(nil)), errors.Join() == nil, filepath.Join() == "")
}
