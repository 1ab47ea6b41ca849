package constrain

import (
	"math/big"
	"strings"
)

// fixed is a number of digits, each out of a range: "1[0-4][0-9]".
type fixed [][2]byte

func (f fixed) node() node {
	out := make(sequence, len(f))
	for i, d := range f {
		out[i] = oneByte(d[0], d[1])
	}
	return out
}

func all(n int) fixed {
	f := make(fixed, n)
	for i := range f {
		f[i] = [2]byte{'0', '9'}
	}
	return f
}

// between returns the numbers from lo to hi, which have the same number of digits.
func between(lo, hi string) (out []fixed) {
	n := len(lo)
	switch {
	case n == 0:
		return []fixed{{}}
	case lo > hi:
		return nil
	case strings.Trim(lo, "0") == "" && strings.Trim(hi, "9") == "":
		return []fixed{all(n)}
	}
	with := func(d byte, rest []fixed) {
		for _, f := range rest {
			out = append(out, append(fixed{{d, d}}, f...))
		}
	}
	if lo[0] == hi[0] {
		with(lo[0], between(lo[1:], hi[1:]))
		return out
	}
	first, last := lo[0], hi[0]
	if strings.Trim(lo[1:], "0") != "" {
		with(first, between(lo[1:], strings.Repeat("9", n-1)))
		first++
	}
	full := strings.Trim(hi[1:], "9") == ""
	if !full {
		last--
	}
	if first <= last {
		out = append(out, append(fixed{{first, last}}, all(n-1)...))
	}
	if !full {
		with(hi[0], between(strings.Repeat("0", n-1), hi[1:]))
	}
	return out
}

// naturals returns the whole numbers from lo >= 0 to hi; hi nil: as long as they have at most most digits.
func naturals(lo, hi *big.Int, most int) (out choice) {
	if hi == nil {
		hi = new(big.Int).Sub(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(most, len(lo.String())))), nil), big.NewInt(1))
	}
	if lo.Cmp(hi) > 0 {
		return nil
	}
	a, b := lo.String(), hi.String()
	for n := len(a); n <= len(b); n++ {
		from, to := "1"+strings.Repeat("0", n-1), strings.Repeat("9", n)
		if n == len(a) {
			from = a
		}
		if n == len(b) {
			to = b
		}
		for _, f := range between(from, to) {
			out = append(out, f.node())
		}
	}
	return out
}

// bounds are what a schema says of a number; nil: nothing.
type bounds struct {
	lo, hi         *big.Rat
	loOpen, hiOpen bool // the bound itself is left out
}

func (b bounds) none() bool { return b.lo == nil && b.hi == nil }

// negated mirrors the bounds at 0.
func (b bounds) negated() bounds {
	out := bounds{loOpen: b.hiOpen, hiOpen: b.loOpen}
	if b.hi != nil {
		out.lo = new(big.Rat).Neg(b.hi)
	}
	if b.lo != nil {
		out.hi = new(big.Rat).Neg(b.lo)
	}
	return out
}

// holds reports whether x is within.
func (b bounds) holds(x *big.Rat) bool {
	if b.lo != nil {
		if c := x.Cmp(b.lo); c < 0 || c == 0 && b.loOpen {
			return false
		}
	}
	if b.hi != nil {
		if c := x.Cmp(b.hi); c > 0 || c == 0 && b.hiOpen {
			return false
		}
	}
	return true
}

var one = big.NewInt(1)

// whole returns the smallest and the largest whole number that are not negative and within; hi nil: none is the largest.
func (b bounds) whole() (lo, hi *big.Int, some bool) {
	lo = new(big.Int)
	if b.lo != nil && b.lo.Sign() >= 0 {
		if lo = floor(b.lo); !b.holds(new(big.Rat).SetInt(lo)) {
			lo.Add(lo, one)
		}
	}
	if b.hi != nil {
		if b.hi.Sign() < 0 {
			return nil, nil, false
		}
		if hi = floor(b.hi); b.hiOpen && b.hi.IsInt() {
			hi.Sub(hi, one)
		}
		return lo, hi, lo.Cmp(hi) <= 0
	}
	return lo, nil, true
}

func floor(x *big.Rat) *big.Int { return new(big.Int).Div(x.Num(), x.Denom()) }

// integers returns the whole numbers within the bounds.
func integers(b bounds) choice {
	var out choice
	if lo, hi, some := b.whole(); some {
		out = append(out, naturals(lo, hi, mostDigits)...)
	}
	n := b.negated()
	if lo, hi, some := n.whole(); some {
		if lo.Sign() == 0 {
			lo = one
		}
		if list := naturals(lo, hi, mostDigits); len(list) > 0 {
			out = append(out, sequence{text("-"), list})
		}
	}
	return out
}

// mostDecimals is how many digits after the point a bounded number has.
const mostDecimals = 15

// numbers returns numbers without exponent within the bounds.
func numbers(b bounds) choice {
	out := b.positive()
	if n := b.negated(); n.hi == nil || n.hi.Sign() >= 0 {
		if n.lo == nil || n.lo.Sign() < 0 {
			n.lo, n.loOpen = new(big.Rat), true
		}
		if list := n.positive(); len(list) > 0 {
			out = append(out, sequence{text("-"), list})
		}
	}
	return out
}

// positive returns the numbers that are not negative: those with a whole part that is entirely within, and at the bounds
// digit by digit.
func (b bounds) positive() (out choice) {
	if b.hi != nil && b.hi.Sign() < 0 {
		return nil
	}
	if b.lo == nil || b.lo.Sign() < 0 {
		b.lo, b.loOpen = new(big.Rat), false
	}
	first := floor(b.lo)
	edges := []*big.Int{first}
	inner := new(big.Int).Set(first)
	if !b.within(new(big.Rat).SetInt(first), big.NewRat(1, 1)) {
		inner.Add(inner, one)
	} else {
		edges = nil
	}
	var last *big.Int
	if b.hi != nil {
		top := floor(b.hi)
		last = new(big.Int).Sub(top, one)
		if len(edges) == 0 || top.Cmp(first) != 0 {
			edges = append(edges, top)
		}
	}
	if list := naturals(inner, last, mostDecimals); len(list) > 0 {
		out = append(out, sequence{list, optional(sequence{text("."), digits(1, mostDecimals)})})
	}
	for _, e := range edges {
		x := new(big.Rat).SetInt(e)
		if b.holds(x) {
			out = append(out, text(e.String()))
		}
		if list := b.refine(x, big.NewRat(1, 10), mostDecimals); len(list) > 0 {
			out = append(out, sequence{text(e.String() + "."), list})
		}
	}
	return out
}

// within reports whether all numbers from x up to, but without, x + size are within.
func (b bounds) within(x, size *big.Rat) bool {
	return b.holds(x) && (b.hi == nil || new(big.Rat).Add(x, size).Cmp(b.hi) <= 0)
}

// refine returns the digits that may follow where x has been written and the next digit is worth size.
func (b bounds) refine(x, size *big.Rat, left int) (out choice) {
	if left == 0 {
		return nil
	}
	full := [2]byte{'9', '0'}
	for d := range int64(10) {
		at := new(big.Rat).Add(x, new(big.Rat).Mul(size, big.NewRat(d, 1)))
		c := byte('0' + d)
		switch {
		case b.within(at, size):
			full = [2]byte{min(full[0], c), max(full[1], c)}
			continue
		case b.hi != nil && at.Cmp(b.hi) > 0, new(big.Rat).Add(at, size).Cmp(b.lo) <= 0:
			continue
		}
		if b.hi != nil && at.Cmp(b.hi) == 0 {
			if b.holds(at) {
				out = append(out, sequence{oneByte(c, c), repeat{text("0"), 0, left - 1}})
			}
			continue
		}
		if b.holds(at) {
			out = append(out, text(string(c)))
		}
		if list := b.refine(at, new(big.Rat).Mul(size, big.NewRat(1, 10)), left-1); len(list) > 0 {
			out = append(out, sequence{oneByte(c, c), list})
		}
	}
	if full[0] <= full[1] {
		out = append(out, sequence{oneByte(full[0], full[1]), digits(0, left-1)})
	}
	return out
}
