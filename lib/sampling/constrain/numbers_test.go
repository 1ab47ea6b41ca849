package constrain

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"
)

func rat(s string) *big.Rat {
	if s == "" {
		return nil
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		panic(s)
	}
	return r
}

var boundsCases = []struct {
	lo, hi         string
	loOpen, hiOpen bool
}{{"0", "10", false, false}, {"0", "10", true, true}, {"-5", "5", false, false}, {"3", "3", false, false}, {"17", "4321", false, false}, {"-120", "-7", false, false}, {"99", "", false, false}, {"", "99", false, false},
	{"", "-3", false, true}, {"-3", "", true, false}, {"0.5", "0.7", false, false}, {"0.5", "0.7", true, true}, {"1.25", "3.5", false, true}, {"-0.25", "0.125", false, false}, {"-2.5", "1", true, false}, {"0", "1", false, false}, {"0", "0", false, false}}

func TestIntegersWithinBounds(t *testing.T) {
	for _, c := range boundsCases {
		b := bounds{rat(c.lo), rat(c.hi), c.loOpen, c.hiOpen}
		g, err := compile("integers", integers(b))
		for n := int64(-5000); n <= 5000; n++ {
			if want := b.holds(big.NewRat(n, 1)); err == nil && g.Match(fmt.Sprint(n)) != want || err != nil && want {
				t.Fatalf("%v: %d: %v, %v", c, n, !want, err)
			}
		}
		if err == nil && (g.Match("-0") || g.Match("007") || g.Match("")) {
			t.Errorf("%v: a number that is spelled wrongly matches", c)
		}
	}
}

func TestNumbersWithinBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range boundsCases {
		b := bounds{rat(c.lo), rat(c.hi), c.loOpen, c.hiOpen}
		g, err := compile("numbers", numbers(b))
		if err != nil {
			t.Fatal(c, err)
		}
		for range 4000 {
			s := fmt.Sprintf("%.*f", rng.IntN(5), (rng.Float64()-0.5)*[]float64{1, 4, 20, 10000}[rng.IntN(4)])
			if s[0] == '-' && rat(s).Sign() == 0 {
				continue
			}
			if want := b.holds(rat(s)); g.Match(s) != want {
				t.Fatalf("%v: %s: %v", c, s, !want)
			}
		}
	}
}
