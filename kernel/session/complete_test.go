package session

import (
	"strings"
	"testing"
)

// What is typed may hold methods of types of earlier cells, which go/types does not know as such.
func TestCompleteBesideLateMethods(t *testing.T) {
	s := run(t, step{"type Pair struct{ Left, Right int }", "-"}, step{"type Box[T any] struct{ Item T }", "-"}, step{"p := Pair{1, 2}", "-"})
	for code, want := range map[string]string{
		"func (q *Pair) Sum() int { return q.Left + q.Right }\np.Le":       "Left",
		"func (Pair) Name() string { return \"\" }\np.Ri":                  "Right",
		"func (b Box[T]) Get() T { return b.Item }\np.Le":                  "Left",
		"func (q *Pair) Sum() int {\n\treturn q.Le":                        "Left",
		"func add(b strings.Builder) {\n\tb.WriteSt":                       "WriteString",
		"for i, pair := range []Pair{p} {\n\tpair.Ri":                      "Right",
		"if q := p; q.Left > 0 {\n\tq.Ri":                                  "Right",
		"f := func(q Pair) int {\n\tlocalName := q.Left\n\treturn localNa": "localName",
		"func twice(first, second int) int {\n\treturn firs":               "first",
		"switch x := any(p).(type) {\ncase Pair:\n\tx.Ri":                  "Right",
		"func (b Box[T]) Get() T {\n\treturn b.It":                         "Item",
	} {
		var got []string
		for _, m := range s.Complete(code, len(code)).Matches {
			got = append(got, m.Text)
		}
		if !strings.Contains(" "+strings.Join(got, " ")+" ", " "+want+" ") {
			t.Errorf("after %q: %q is not among %v", code, want, got[:min(len(got), 10)])
		}
	}
}

func TestInspectInsideFunctions(t *testing.T) {
	s := run(t, step{"type Pair struct{ Left, Right int }", "-"})
	for code, want := range map[string]string{
		"func f(q Pair) int {\n\tn := q.Left":              "field Left int",
		"func f(count int) int {\n\treturn count":          "var count int",
		"for _, b := range []strings.Builder{} {\n\tb.Len": "Len() int",
	} {
		b, ok := s.Inspect(code, len(code), 0)
		if text, _ := b.Data["text/plain"].(string); !ok || !strings.Contains(text, want) {
			t.Errorf("%q: %q, want %q", code, text, want)
		}
	}
}
