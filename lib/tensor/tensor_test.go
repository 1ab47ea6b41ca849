package tensor

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func panicText(f func()) (s string) {
	defer func() {
		if e, ok := recover().(error); ok {
			var te *Error
			if errors.As(e, &te) {
				s = te.Error()
			}
		}
	}()
	f()
	return ""
}

func TestShapeErrors(t *testing.T) {
	for want, f := range map[string]func(){
		"tensor.MatMul: (2,3) x (4,3): inner 3 != 4":                                                   func() { New(2, 3).MatMul(New(4, 3)) },
		"tensor.Add: (2,3) and (2): 3 != 2 in axis 1":                                                  func() { New(2, 3).Add(New(2)) },
		"tensor.From: 3 values do not fill the shape (2,2), which needs 4":                             func() { From([]float32{1, 2, 3}, 2, 2) },
		"tensor.Reshape: (2,3) has 6 elements and cannot become (4)":                                   func() { New(2, 3).Reshape(4) },
		"tensor.At: index 2 is outside axis 0 of (2)":                                                  func() { New(2).At(2) },
		"tensor.Embedding: id 5 at place 1 is outside a table of 3 rows":                               func() { Embedding(New(3, 2), []int32{0, 5}) },
		"tensor.Backward: (2): only a scalar can be differentiated; reduce it first, with Sum or Mean": func() { New(2).RequireGrad().Backward() },
		"tensor.Rows: row 1 has 1 values, row 0 has 2":                                                 func() { Rows([][]float32{{1, 2}, {3}}) },
		"tensor.Item: (3) has 3 elements, not one":                                                     func() { New(3).Item() },
		"tensor.Slice: 1:4 is outside the first axis of (3)":                                           func() { New(3).Slice(1, 4) },
		"tensor.New: shape (-1): a size is negative":                                                   func() { New(-1) },
	} {
		if got := panicText(f); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMatMulByHand(t *testing.T) {
	c := Rows([][]float32{{1, 2, 3}, {4, 5, 6}}).MatMul(Rows([][]float32{{1, 0}, {0, 1}, {1, 1}}))
	if want := []float32{4, 5, 10, 11}; !equalData(c.data, want) {
		t.Errorf("%v, want %v", c.data, want)
	}
}

func TestEmptyTensorsArePossible(t *testing.T) {
	if s := New(0, 3).MatMul(New(3, 2)).Shape(); s[0] != 0 || s[1] != 2 {
		t.Errorf("shape %v", s)
	}
	New(0).Sum()
	New(2, 0).Softmax()
	if got := panicText(func() { New(0).Mean() }); !strings.Contains(got, "no elements") {
		t.Errorf("%q", got)
	}
}

func TestScopeGivesBuffersBack(t *testing.T) {
	w := Randn(NewRand(1), 64, 64).RequireGrad()
	run := func() {
		Scope(func() { w.MatMul(w).Sum().Backward() })
	}
	run()
	kept := len(arena.free[64*64])
	run()
	if n := len(arena.free[64*64]); kept == 0 || n != kept {
		t.Errorf("%d buffers after one step, %d after two: the second should use the first one's memory", kept, n)
	}
	before := w.grad[0]
	run()
	if w.grad[0] == before {
		t.Error("the gradient of a parameter must outlive the scope")
	}
}

func TestString(t *testing.T) {
	if got := Rows([][]float32{{1, 2}, {3, 4}}).String(); got != "tensor(2,2) [[1.0000 2.0000]\n             [3.0000 4.0000]]" {
		t.Errorf("%q", got)
	}
	if got := New(100).String(); !strings.Contains(got, "...") || len(got) > 120 {
		t.Errorf("%q", got)
	}
	if h := New(2, 100).HTML(); !strings.Contains(h, "...") || strings.Count(h, "<td") > 40 {
		t.Errorf("%d cells", strings.Count(h, "<td"))
	}
}

func TestSameSeedSameNumbers(t *testing.T) {
	if !equalData(Randn(NewRand(7), 10).data, Randn(NewRand(7), 10).data) || equalData(Randn(NewRand(7), 10).data, Randn(NewRand(8), 10).data) {
		t.Error("the seed decides the numbers")
	}
}

func TestThePaddingRowOfAnEmbeddingHasNoGradient(t *testing.T) {
	table := Rows([][]float32{{1, 2}, {3, 4}}).RequireGrad()
	EmbeddingExcept(table, []int32{0, 1, 1}, 1).Sum().Backward()
	if want := []float32{1, 1, 0, 0}; !equalData(table.grad, want) {
		t.Errorf("%v, want %v", table.grad, want)
	}
	table.ZeroGrad()
	Linear(EmbeddingExcept(table, []int32{1}, 1), table, nil).Sum().Backward() // a tied output layer keeps its own
	if want := []float32{3, 4, 3, 4}; !equalData(table.grad, want) {
		t.Errorf("%v, want %v", table.grad, want)
	}
}

func TestMatrix(t *testing.T) {
	if got := Rows([][]float32{{1, 2}, {3, 4.5}}).Matrix(); fmt.Sprint(got) != "[[1 2] [3 4.5]]" {
		t.Error(got)
	}
	defer func() {
		if e, ok := recover().(*Error); !ok || !strings.Contains(e.Error(), "(3)") {
			t.Errorf("one axis: %v", e)
		}
	}()
	From([]float32{1, 2, 3}).Matrix()
}
