package numpyrand

import (
	"fmt"
	"slices"
	"testing"
)

// The values are those of NumPy 2.4.6: default_rng(seed).bit_generator.random_raw() and .permutation(100)[:12].
func TestPermutationsAreNumPys(t *testing.T) {
	for seed, want := range map[uint64]struct {
		raw   uint64
		first []int
	}{
		0:         {11749869230777074271, []int{82, 36, 20, 5, 93, 16, 94, 52, 72, 90, 83, 13}},
		42:        {14276969152011380360, []int{59, 21, 56, 18, 33, 42, 50, 27, 92, 71, 2, 25}},
		123:       {12587170189557361101, []int{21, 71, 92, 23, 79, 31, 66, 72, 94, 38, 40, 50}},
		1<<40 + 5: {87427594128977387, []int{82, 99, 41, 66, 83, 20, 65, 45, 92, 54, 44, 93}},
	} {
		if got := New(seed).Uint64(); got != want.raw {
			t.Errorf("seed %d: the first number is %d, want %d", seed, got, want.raw)
		}
		p := New(seed).Perm(100)
		if got := p[:len(want.first)]; fmt.Sprint(got) != fmt.Sprint(want.first) {
			t.Errorf("seed %d: the permutation begins with %v, want %v", seed, got, want.first)
		}
		if slices.Sort(p); p[0] != 0 || p[99] != 99 {
			t.Errorf("seed %d: not a permutation: %v", seed, p)
		}
	}
}
