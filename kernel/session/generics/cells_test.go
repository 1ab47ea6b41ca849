package generics_test

import (
	"strings"
	"testing"
)

// TestCells checks generic declarations that live from cell to cell.
func TestCells(t *testing.T) {
	for _, c := range []struct {
		name  string
		cells []string
		want  string // printed
		err   string // in the error of the last cell
	}{
		{"an earlier cell's function with new type arguments", []string{
			"func F[T any](x T) string { return fmt.Sprintf(\"%T %v\", x, x) }\nfmt.Println(F(1))",
			"fmt.Println(F(\"a\"), F(2))"}, "int 1\nstring a int 2\n", ""},
		{"a type and its methods in three cells", []string{
			"type Stack[T any] struct{ items []T }",
			"func (s *Stack[T]) Push(x T) { s.items = append(s.items, x) }",
			"func (s *Stack[T]) Top() T { return s.items[len(s.items)-1] }",
			"s := &Stack[string]{}\ns.Push(\"a\")\ns.Push(\"b\")\nfmt.Println(s.Top(), len(s.items))"}, "b 2\n", ""},
		{"a redefined function reaches those that call it", []string{
			"func F[T any](x T) string { return \"old\" }\nfunc G() string { return F(1) }",
			"func F[T any](x T) string { return \"new\" }",
			"fmt.Println(G(), F(\"\"))"}, "new new\n", ""},
		{"a variable of an instance lives on", []string{
			"type P[A, B any] struct { A A; B B }\nfunc (p P[A, B]) Swap() P[B, A] { return P[B, A]{p.B, p.A} }\np := P[int, string]{1, \"x\"}",
			"q := p.Swap()\nfmt.Printf(\"%v %T\\n\", q, q)",
			"fmt.Println(q.Swap() == p)"}, "{x 1} main.P[string,int]\ntrue\n", ""},
		{"a cell that does not compile leaves nothing behind", []string{
			"func F[T any](x T) T { return x }",
			"fmt.Println(F(1), undefined)",
			"fmt.Println(F(1))"}, "1\n", ""},
		{"a constraint that is not met", []string{
			"func Sum[T int | float64](xs ...T) (s T) { for _, x := range xs { s += x }; return }",
			"Sum(\"a\")"}, "", "string does not satisfy int | float64"},
		{"a generic function without type arguments", []string{"f := slices.Max"}, "", "cannot use generic function slices.Max without instantiation"},
		{"a panic inside a generic function", []string{
			"func At[T any](xs []T, i int) T {\n\treturn xs[i]\n}",
			"At([]int{1}, 3)"}, "", "panic: runtime error: index out of range [3] with length 1"},
		{"a panic inside the standard library's", []string{"xs := []struct{}{}\nslices.MaxFunc(xs, func(a, b struct{}) int { return 0 })"}, "",
			"In[1]:2:1: panic: slices.MaxFunc: empty list"},
		{"types declared in a function as type arguments", []string{
			"func Map[T, U any](xs []T, f func(T) U) (out []U) { for _, x := range xs { out = append(out, f(x)) }; return }",
			"func run() { type row struct{ N int }; fmt.Println(Map([]row{{1}, {2}}, func(r row) int { return r.N * 10 })) }\nrun()"}, "[10 20]\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, e := runCells(t, c.cells...)
			if got != c.want {
				t.Errorf("printed %q, want %q", got, c.want)
			}
			switch {
			case e == nil && c.err != "":
				t.Errorf("no error, want %q", c.err)
			case e != nil && (c.err == "" || !strings.Contains(e.Value, c.err)):
				t.Errorf("error %q, want %q", e.Value, c.err)
			}
		})
	}
}
