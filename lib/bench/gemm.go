package bench

import (
	"fmt"

	"lyceum/lib/internal/compute"
	"lyceum/lib/tensor"
)

// product is C = op(A) op(B), (m,k) x (k,n).
type product struct {
	kind    string // nn, nt or tn: what is transposed as it lies in memory
	m, n, k int
}

// gemmCases are square products, those of a training step of the two models (forward NT, the gradient of the input NN, that
// of the weight TN), and those of a few rows, as decoding has them.
func gemmCases(s sizes) []Case {
	var list []product
	for _, n := range s.squares {
		list = append(list, product{"nn", n, n, n}, product{"nt", n, n, n}, product{"tn", n, n, n})
	}
	for _, l := range []struct {
		tokens int
		layers [][2]int // out, in
	}{{s.gptTokens(), s.gpt.layersOf()}, {s.smolTokens(), s.smol.layersOf()}} {
		for _, w := range l.layers {
			list = append(list, product{"nt", l.tokens, w[0], w[1]}, product{"nn", l.tokens, w[1], w[0]}, product{"tn", w[0], w[1], l.tokens})
		}
	}
	for _, rows := range s.fewRows {
		for _, w := range s.smol.layersOf() {
			list = append(list, product{"nt", rows, w[0], w[1]})
		}
	}
	var out []Case
	for _, precision := range []string{"float32", "bf16"} {
		seen := map[product]bool{}
		for _, p := range list {
			if !seen[p] {
				out = append(out, p.at(precision))
			}
			seen[p] = true
		}
	}
	return out
}

// fewRows is up to how many rows a product takes as long as reading the weights. PyTorch holds them in bfloat16, and so do
// we where they are only read; in a training step they are float32 and are rounded on the way, as under autocast.
const fewRows = 16

func (p product) at(precision string) Case {
	return Case{
		Group: "gemm", Name: fmt.Sprintf("gemm/%s/%dx%dx%d/%s", p.kind, p.m, p.n, p.k, precision), Precision: precision,
		Work:  Work{Flops: 2 * float64(p.m) * float64(p.n) * float64(p.k)},
		torch: spec{"op": "gemm", "kind": p.kind, "m": p.m, "n": p.n, "k": p.k, "precision": precision},
		open: func() (func(), error) {
			rng := tensor.NewRand(1)
			a, b, c := normals(rng, p.m*p.k), normals(rng, p.k*p.n), compute.Aligned(p.m*p.n)
			gemm := compute.Gemm
			if precision == "bf16" {
				if p.m <= fewRows && p.kind == "nt" {
					w := compute.NewBF16Matrix(b, p.n, p.k)
					return func() { w.MulT(c, p.n, a, p.k, p.m) }, nil
				}
				gemm = compute.GemmBF16
			}
			ta, tb, lda, ldb := p.kind[0] == 't', p.kind[1] == 't', p.k, p.n
			if ta {
				lda = p.m
			}
			if tb {
				ldb = p.k
			}
			return func() { gemm(ta, tb, p.m, p.n, p.k, 1, a, lda, b, ldb, 0, c, p.n) }, nil
		},
	}
}
