package torchrand

import (
	"fmt"
	"math"
	"testing"
)

// The values are those of PyTorch 2.15.0:
//
//	g = torch.Generator(); g.manual_seed(seed); torch.randperm(n, generator=g).tolist()

func TestPermIsRandperm(t *testing.T) {
	for _, c := range []struct {
		seed uint64
		n    int
		want string
	}{
		{42, 24, "[6 15 22 2 10 19 3 18 14 17 4 13 8 9 1 5 12 23 21 20 7 11 16 0]"},
		{43, 24, "[4 12 7 22 9 6 5 20 0 13 19 3 18 16 21 8 10 23 1 11 17 2 14 15]"},
		{0, 7, "[4 0 5 3 2 6 1]"},
		{1<<40 + 5, 10, "[1 4 9 6 3 5 0 2 8 7]"},
	} {
		if got := fmt.Sprint(New(c.seed).Perm(c.n)); got != c.want {
			t.Errorf("seed %d: %s, want %s", c.seed, got, c.want)
		}
	}
	if got := fmt.Sprint(New(42).Perm(1000)[995:]); got != "[335 284 638 96 455]" { // more than one block of the generator
		t.Errorf("the end of 1000 is %s", got)
	}
}

// torch.rand(3), torch.randn(5) and torch.randn(20) one after the other of one generator with seed 42.
func TestRandAndRandn(t *testing.T) {
	g := New(42)
	check := func(n int, fill func([]float32), want ...float64) {
		t.Helper()
		got := make([]float32, n)
		fill(got)
		for i, w := range want {
			if math.Abs(float64(got[i])-w) > 2e-6 {
				t.Fatalf("number %d of %d is %v, want %v", i, n, got[i], w)
			}
		}
	}
	check(3, g.Rand, 0.8822692632675171, 0.9150039553642273, 0.38286375999450684)
	check(5, g.Randn, -0.829319179058075, -1.6137069463729858, -0.21470452845096588, 0.29893550276756287, -0.01069642137736082)
	check(20, g.Randn, 0.5201311707496643, 1.6423169374465942, -0.1595974713563919, -0.4973975419998169, 1.7173614501953125, 0.3188803195953369, -0.42451897263526917,
		0.3057209253311157, -0.7745925188064575, 0.0349123440682888, 0.3211030066013336, 1.573600172996521, -0.6011420488357544, -1.2741512060165405, 2.1227850914001465,
		-1.234653115272522, -0.4879138767719269, -1.4180599451065063, 0.8962683081626892, 0.049905385822057724)
}
