package generics_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	owncmp "lyceum/kernel/session/generics/std/cmp"
	own "lyceum/kernel/session/generics/std/slices"
)

// outcome runs f and returns its results, or the panic, as text, with NaNs as text too.
func outcome(f func() []any) (s string) {
	defer func() {
		if r := recover(); r != nil {
			s = fmt.Sprint("panic: ", r)
		}
	}()
	return fmt.Sprintf("%v", f())
}

type item struct{ key, id int }

func byKey(a, b item) int { return a.key - b.key }

// TestSlicesAgainstReal runs our sources of package slices, compiled, beside the real package on random slices.
func TestSlicesAgainstReal(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	same := func(what string, in any, got, want func() []any) {
		t.Helper()
		if g, w := outcome(got), outcome(want); g != w {
			t.Errorf("%s of %v: got %s, want %s", what, in, g, w)
		}
	}
	for range 2000 {
		n := r.IntN(40)
		xs := make([]item, n, n+r.IntN(8))
		ints := make([]int, n, n+r.IntN(8))
		fs := make([]float64, n)
		for i := range xs {
			xs[i] = item{r.IntN(6), i}
			ints[i] = r.IntN(6)
			fs[i] = []float64{math.NaN(), math.Inf(1), -0.0, 0, 1, 2, 3}[r.IntN(7)]
		}
		i, j, k := r.IntN(n+2), r.IntN(n+2), r.IntN(4)
		ins := ints[:min(k, n)]
		c := func() []int { return append(make([]int, 0, cap(ints)), ints...) }
		same("SortStableFunc", xs, func() []any { y := slices.Clone(xs); own.SortStableFunc(y, byKey); return []any{y} },
			func() []any { y := slices.Clone(xs); slices.SortStableFunc(y, byKey); return []any{y} })
		same("Sort", fs, func() []any { y := slices.Clone(fs); own.Sort(y); return []any{y, own.IsSorted(fs), own.IsSorted(y)} },
			func() []any {
				y := slices.Clone(fs)
				slices.Sort(y)
				return []any{y, slices.IsSorted(fs), slices.IsSorted(y)}
			})
		same("Max", fs, func() []any { return []any{own.Max(fs), own.Min(fs)} }, func() []any { return []any{slices.Max(fs), slices.Min(fs)} })
		same("MaxFunc", xs, func() []any { return []any{own.MaxFunc(xs, byKey)} }, func() []any { return []any{slices.MaxFunc(xs, byKey)} })
		same("MinFunc", xs, func() []any { return []any{own.MinFunc(xs, byKey)} }, func() []any { return []any{slices.MinFunc(xs, byKey)} })
		same("Insert", ints, func() []any { return []any{own.Insert(c(), i, ins...)} }, func() []any { return []any{slices.Insert(c(), i, ins...)} })
		same("Insert self", ints, func() []any { y := c(); return []any{own.Insert(y, i, y[:min(k, n)]...)} }, func() []any { y := c(); return []any{slices.Insert(y, i, y[:min(k, n)]...)} })
		same("Delete", ints, func() []any { y := c(); z := own.Delete(y, i, j); return []any{z, y} }, func() []any { y := c(); z := slices.Delete(y, i, j); return []any{z, y} })
		same("Replace", ints, func() []any { y := c(); z := own.Replace(y, i, j, ins...); return []any{z} }, func() []any { y := c(); z := slices.Replace(y, i, j, ins...); return []any{z} })
		same("Replace self", ints, func() []any { y := c(); z := own.Replace(y, i, j, y[n/2:]...); return []any{z} }, func() []any { y := c(); z := slices.Replace(y, i, j, y[n/2:]...); return []any{z} })
		odd := func(i int) bool { return i%2 == 1 }
		same("DeleteFunc", ints, func() []any { y := c(); z := own.DeleteFunc(y, odd); return []any{z, y} }, func() []any { y := c(); z := slices.DeleteFunc(y, odd); return []any{z, y} })
		same("Compact", ints, func() []any { y := c(); z := own.Compact(y); return []any{z, y} }, func() []any { y := c(); z := slices.Compact(y); return []any{z, y} })
		eq := func(a, b int) bool { return a/2 == b/2 }
		same("CompactFunc", ints, func() []any { y := c(); z := own.CompactFunc(y, eq); return []any{z, y} }, func() []any { y := c(); z := slices.CompactFunc(y, eq); return []any{z, y} })
		same("Compare", ints, func() []any { return []any{own.Compare(ints, ins), own.Compare(ins, ints)} }, func() []any { return []any{slices.Compare(ints, ins), slices.Compare(ins, ints)} })
		same("Index", ints, func() []any { return []any{own.Index(ints, k), own.Contains(ints, k), own.IndexFunc(ints, odd)} }, func() []any {
			return []any{slices.Index(ints, k), slices.Contains(ints, k), slices.IndexFunc(ints, odd)}
		})
		sorted := slices.Sorted(slices.Values(ints))
		same("BinarySearch", sorted, func() []any { a, b := own.BinarySearch(sorted, k); return []any{a, b} }, func() []any { a, b := slices.BinarySearch(sorted, k); return []any{a, b} })
		same("Chunk", ints, func() []any { return []any{own.Collect(own.Chunk(ints, k))} }, func() []any { return []any{slices.Collect(slices.Chunk(ints, k))} })
		same("Concat", ints, func() []any { return []any{own.Concat(ints, nil, ins), own.Repeat(ins, k)} }, func() []any { return []any{slices.Concat(ints, nil, ins), slices.Repeat(ins, k)} })
	}
}

// TestNilResults checks where the real functions promise nil or not nil.
func TestNilResults(t *testing.T) {
	for _, c := range []struct{ got, want []int }{
		{own.Clone[[]int](nil), slices.Clone[[]int](nil)}, {own.Clone([]int{}), slices.Clone([]int{})},
		{own.Collect(own.Values([]int{})), slices.Collect(slices.Values([]int{}))}, {own.Concat[[]int](), slices.Concat[[]int]()},
		{own.Insert([]int(nil), 0), slices.Insert([]int(nil), 0)}, {own.Repeat([]int(nil), 2), slices.Repeat([]int(nil), 2)},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("got %#v, want %#v", c.got, c.want)
		}
	}
}

func TestCompareAgainstReal(t *testing.T) {
	vs := []float64{math.NaN(), math.Inf(-1), -1, 0, math.Inf(1)}
	for _, a := range vs {
		for _, b := range vs {
			if owncmp.Compare(a, b) != cmp.Compare(a, b) || owncmp.Less(a, b) != cmp.Less(a, b) {
				t.Errorf("Compare(%v, %v) = %d, want %d", a, b, owncmp.Compare(a, b), cmp.Compare(a, b))
			}
		}
	}
}
