package compute

import "math"

// RotaryShape says where the heads are that Rotary turns.
type RotaryShape struct {
	Tokens, Heads, Dim int // Dim is even
	Stride             int // elements between two tokens in x, at least Heads*Dim; a fused QKV row may be longer
	// Positions of the tokens in the tables; nil means 0, 1, ... repeating every Period tokens (Period 0: never).
	Positions []int32
	Period    int
}

// Rotary turns each head vector of x in place by its token's position:
//
//	x[i], x[i+D/2]  <-  x[i] cos - x[i+D/2] sin,  x[i+D/2] cos + x[i] sin,   i < D/2
//
// the pairing of Llama in Hugging Face ("rotate_half"). Tables come from RotaryTable. With inverse the turn is the other
// way round, which is the backward pass: call it on the gradient.
func Rotary(x []float32, s RotaryShape, cos, sin []float32, inverse bool) {
	half := checkRotary(x, s, cos, sin)
	sign := float32(1)
	if inverse {
		sign = -1
	}
	Parallel(s.Tokens, rowGrain(s.Heads*s.Dim), func(lo, hi int) {
		for t := lo; t < hi; t++ {
			pos := s.position(t)
			c, n := cos[pos*half:(pos+1)*half], sin[pos*half:(pos+1)*half]
			for h := range s.Heads {
				v := x[t*s.Stride+h*s.Dim:][:s.Dim]
				active.rotate(v[:half], v[half:], c, n, sign)
			}
		}
	})
}

func (s *RotaryShape) position(token int) int {
	switch {
	case s.Positions != nil:
		return int(s.Positions[token])
	case s.Period > 0:
		return token % s.Period
	}
	return token
}

func checkRotary(x []float32, s RotaryShape, cos, sin []float32) (half int) {
	const op = "Rotary"
	notNegative(op, "Tokens", s.Tokens)
	notNegative(op, "Heads", s.Heads)
	if s.Dim <= 0 || s.Dim%2 != 0 {
		fail(op, "Dim is %d, must be positive and even", s.Dim)
	}
	checkMatrix(op, "x", x, s.Tokens, s.Heads*s.Dim, s.Stride)
	if s.Positions != nil {
		same(op, "Positions", len(s.Positions), s.Tokens)
	}
	half = s.Dim / 2
	same(op, "sin", len(sin), len(cos))
	for t := range s.Tokens {
		if pos := s.position(t); pos < 0 || (pos+1)*half > len(cos) {
			fail(op, "position %d of token %d is outside the table of %d positions", pos, t, len(cos)/half)
		}
	}
	return half
}

// scalarRotate computes a, b = a cos - b sin sign, b cos + a sin sign.
func scalarRotate(a, b, cos, sin []float32, sign float32) {
	b, cos, sin = b[:len(a)], cos[:len(a)], sin[:len(a)]
	for i, x := range a {
		y, c, s := b[i], cos[i], sin[i]*sign
		a[i] = x*c - y*s
		b[i] = y*c + x*s
	}
}

// RotaryTable returns cos and sin of position * theta^(-2i/dim), each (positions, dim/2), as Rotary wants them.
// Computed in float64. Su et al. 2021, arXiv:2104.09864.
func RotaryTable(positions, dim int, theta float64) (cos, sin []float32) {
	notNegative("RotaryTable", "positions", positions)
	if dim <= 0 || dim%2 != 0 {
		fail("RotaryTable", "dim is %d, must be positive and even", dim)
	}
	half := dim / 2
	cos, sin = make([]float32, positions*half), make([]float32, positions*half)
	for i := range half {
		freq := math.Pow(theta, -2*float64(i)/float64(dim))
		for p := range positions {
			s, c := math.Sincos(float64(p) * freq)
			cos[p*half+i], sin[p*half+i] = float32(c), float32(s)
		}
	}
	return cos, sin
}
