package lossfn

import (
	"fmt"
	"math"

	"lyceum/lib/tensor"
)

// Losses over completions take a matrix of per-token values, (B, T), and a mask of the same shape: 1 where a token of the
// completion counts, 0 for padding, for what a tool said, for completions that are left out. How the tokens become one
// number is a choice of its own; the functions of this file are those choices.

// TokenMean returns the mean over all tokens that count, each weighing the same: long completions weigh more.
//
//	L = sum_bt m_bt x_bt / max(1, sum_bt m_bt)
//
// The reduction of BNPO and, over the tokens of a whole generation batch, of DAPO (Yu et al. 2025, arXiv:2503.14476, eq. 8).
// Shapes: x (B, T) or (B, 1), mask (B, T); the result is ().
func TokenMean(x, mask *tensor.Tensor) *tensor.Tensor {
	return x.Mul(mask).Sum().Scale(float32(1 / math.Max(1, total(mask))))
}

// TokenSum returns the sum over all tokens that count, divided by a number that the caller knows, as the tokens of the whole
// generation batch (DAPO, CISPO, VESPO in TRL) or B times the longest length possible (Dr. GRPO; Liu et al. 2025,
// arXiv:2503.20783). Shapes: as TokenMean. by is at least 1.
func TokenSum(x, mask *tensor.Tensor, by float64) *tensor.Tensor {
	return x.Mul(mask).Sum().Scale(float32(1 / math.Max(1, by)))
}

// SequenceMean returns the mean over completions of the mean over their tokens, so that each completion weighs the same
// whatever its length; one of which no token counts adds 0.
//
//	L = 1/B sum_b [sum_t m_bt x_bt / max(1, sum_t m_bt)]
//
// Shao et al. 2024, arXiv:2402.03300, eq. 3. Shapes: as TokenMean.
func SequenceMean(x, mask *tensor.Tensor) *tensor.Tensor {
	return x.Mul(mask).SumAxis(-1).Mul(tensor.From(overLengths(mask))).Mean()
}

// SequenceSum returns the mean over completions of the sum over their tokens: with a ratio of whole completions each weighs
// as its length (LUSPO 2026, arXiv:2602.05261). Shapes: as TokenMean.
func SequenceSum(x, mask *tensor.Tensor) *tensor.Tensor { return x.Mul(mask).SumAxis(-1).Mean() }

// total is the number of tokens that count.
func total(mask *tensor.Tensor) float64 {
	n := 0.0
	for _, m := range mask.Data() {
		n += float64(m)
	}
	return n
}

// overLengths is one over the number of tokens that count, of each row, or 1 where none does.
func overLengths(mask *tensor.Tensor) []float32 {
	out := make([]float32, mask.Dim(0))
	for b, n := range lengths(mask) {
		out[b] = float32(1 / math.Max(1, n))
	}
	return out
}

// lengths is the number of tokens that count, of each row.
func lengths(mask *tensor.Tensor) []float64 {
	t := mask.Dim(1)
	out := make([]float64, mask.Dim(0))
	for i, m := range mask.Data() {
		out[i/t] += float64(m)
	}
	return out
}

// column makes a vector (B) to a column (B, 1) that meets matrices (B, T).
func column(v *tensor.Tensor) *tensor.Tensor { return v.Reshape(v.Len(), 1) }

// maskedMean is the mean of plain numbers x, (B, T), over the tokens that count, or of all of x, (B, 1), over sequences.
func maskedMean(x []float32, width int, mask *tensor.Tensor) float64 {
	sum, n := 0.0, 0.0
	for i, v := range x {
		w := 1.0
		if width > 1 {
			w = float64(mask.Data()[i])
		}
		sum, n = sum+w*float64(v), n+w
	}
	return sum / math.Max(1, n)
}

// sameShape panics unless all of the tensors have the shape of the first; nil ones are passed over.
func sameShape(op string, names []string, ts ...*tensor.Tensor) {
	for i, t := range ts[1:] {
		if t == nil {
			continue
		}
		same := len(t.Shape()) == len(ts[0].Shape())
		for a := range t.Shape() {
			same = same && t.Shape()[a] == ts[0].Shape()[a]
		}
		if !same {
			panic(&tensor.Error{Op: op, Text: fmt.Sprintf("%s is %s, %s is %s: they must be the same", names[0], tensor.ShapeText(ts[0].Shape()), names[i+1], tensor.ShapeText(t.Shape()))})
		}
	}
}
