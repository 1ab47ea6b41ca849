package session

import (
	"regexp"
	"strings"
	"testing"
)

// The frames of a traceback are where the functions were, not where they begin.
func TestFramesAreWhereTheCallsWere(t *testing.T) {
	s := fresh(t)
	for i, c := range []struct{ code, want string }{
		{`func inner(x []int, i int) int {
	y := i * 2
	return x[y]
}
func middle(i int) int {
	s := 0
	for j := range 3 {
		s += inner([]int{1, 2, 3}, i+j)
	}
	return s
}`, ""},
		{`type T struct{ n int }
func (t *T) Run(f func(int) int) int {
	a := 1

	b := f(t.n) + a
	return b
}
x := &T{1}
x.Run(func(i int) int {
	// nothing

	return middle(i)
})`, "1:3 1:8 2:12 2:5 2:9"},
		{`func apply(xs []int) {
	z := 0
	slices.SortFunc(xs, func(a, b int) int {
		c := a
		return c / z
	})
}
apply([]int{2,
	1})`, "3:5 3:3 3:8"},
		{`func later() {
	defer func() {
		y := 5
		middle(y)
	}()
	fmt.Println("x")
}
if true {
	for range 1 {
		later()
	}
}`, "1:3 1:8 4:4 4:2 4:10"},
		{`g := func(n int) int {
	if n == 0 {
		panic("bottom")
	}
	return n +
		h(n-1)
}
func h(n int) int {
	v := n
	return g(v)
}
g(1)`, "5:3 5:10 5:6 5:12"},
		{`func twice(n int) int {
	a := middle(n)
	b := middle(n + 1)
	return a + b
}
twice(7)`, "1:3 1:8 6:2 or 3 6:6"},
		{`func count(m map[string]int) {
	s := "k"
	m[s]++
}
count(nil)`, "7:3 7:5"},
	} {
		r := s.Execute(Request{Code: c.code, Count: i + 1, Out: &sink{}})
		var got []string
		if r.Err != nil {
			for _, l := range r.Err.Traceback {
				if strings.HasPrefix(l, "  at In[") {
					l = strings.Replace(strings.TrimPrefix(l, "  at In["), "]", "", 1)
					got = append(got, regexp.MustCompile(`:\d+( or|$)`).ReplaceAllString(l, "$1"))
				}
			}
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%s\n got %s\nwant %s\n%v", c.code, g, c.want, r.Err)
		}
	}
}
