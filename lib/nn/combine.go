package nn

import (
	"fmt"
	"math"
	"sort"

	"gonum.org/v1/gonum/mat"
)

// Combination says how several LoRA adapters become one, as PEFT's add_weighted_adapter. With D_i = s_i B_i A_i for what
// adapter i adds to a matrix and w_i for its weight:
//
//	cat     sum w_i D_i exactly; the rank is the sum of the ranks
//	svd     the closest matrix of rank Rank to sum w_i D_i (0: the largest of the ranks)
//	linear  (sum sqrt(w_i s_i) B_i) (sum sqrt(w_i s_i) A_i), which is something else: fast, for adapters that have one origin
type Combination struct {
	How  string // "" is cat
	Rank int
}

// Combine makes an adapter of adapters; all must be LoRA without DoRA and without modules or biases of their own.
func (c Combination) Combine(h *Host, adapters []*Adapter, weights []float64) (*Adapter, error) {
	bad := func(format string, args ...any) (*Adapter, error) {
		return nil, fmt.Errorf("nn.Combination: "+format, args...)
	}
	if len(adapters) == 0 || len(adapters) != len(weights) {
		return bad("%d adapters and %d weights", len(adapters), len(weights))
	}
	if c.How == "" {
		c.How = "cat"
	}
	first, ok := adapters[0].Config.(LoRA)
	sum, most, names := 0, 0, map[string]bool{}
	for i, a := range adapters {
		l, isLoRA := a.Config.(LoRA)
		switch {
		case !ok || !isLoRA || l.DoRA:
			return bad("adapter %d is %s: only LoRA adapters without DoRA can be combined", i+1, a.Config.Kind())
		case len(a.Tables) > 0:
			return bad("adapter %d changes %s: only adapters of linear layers can be combined", i+1, a.Tables[0].Name)
		case len(a.Saved) > 0 || l.Bias != "none":
			return bad("adapter %d has modules or biases of its own, which cannot be combined", i+1)
		}
		rank := 0
		for n, p := range a.lora {
			names[n], rank = true, max(rank, p.a.Dim(0))
		}
		if i > 0 && c.How == "linear" && rank != most {
			return bad("the ranks %d and %d differ: linear needs equal ones", most, rank)
		}
		sum, most = sum+rank, max(most, rank)
	}
	rank := map[string]int{"cat": sum, "linear": most, "svd": c.Rank}[c.How]
	switch {
	case c.How != "cat" && c.How != "linear" && c.How != "svd":
		return bad(`How is %q, it must be "cat", "svd" or "linear"`, c.How)
	case c.How == "svd" && rank == 0:
		rank = most
	case rank <= 0:
		return bad("Rank is %d, it must be positive", rank)
	}
	config := LoRA{Rank: rank, Alpha: float64(rank), Dropout: first.Dropout, Bias: "none"}
	for n := range names {
		config.Targets.Modules = append(config.Targets.Modules, n)
	}
	sort.Strings(config.Targets.Modules)
	out, err := config.Build(h)
	if err != nil {
		return nil, err
	}
	for n, p := range out.lora {
		clear(p.a.Data())
		var parts []weighted
		for i, a := range adapters {
			if q := a.lora[n]; q != nil {
				parts = append(parts, weighted{q, weights[i] * float64(q.scale)})
			}
		}
		switch c.How {
		case "linear":
			p.sum(parts)
		case "svd":
			if err := p.closest(parts); err != nil {
				return nil, fmt.Errorf("nn.Combination: %s: %w", n, err)
			}
		default:
			p.join(parts)
		}
	}
	return out, nil
}

// weighted is a pair of matrices and the factor of their product.
type weighted struct {
	*loraPart
	factor float64
}

// join lays the matrices beside each other.
func (p *loraPart) join(parts []weighted) {
	at, in, rank := 0, p.a.Dim(1), p.a.Dim(0)
	for _, q := range parts {
		r := q.a.Dim(0)
		for i, x := range q.a.Data() {
			p.a.Data()[at*in+i] = x * float32(q.factor)
		}
		for i := range p.rows {
			copy(p.b.Data()[i*rank+at:], q.b.Data()[i*r:(i+1)*r])
		}
		at += r
	}
}

// sum adds up the matrices, the sign of a factor on one side only.
func (p *loraPart) sum(parts []weighted) {
	for _, q := range parts {
		f := float32(math.Sqrt(math.Abs(q.factor)))
		for i, x := range q.b.Data() {
			p.b.Data()[i] += f * x
		}
		if q.factor < 0 {
			f = -f
		}
		for i, x := range q.a.Data() {
			p.a.Data()[i] += f * x
		}
	}
}

// closest takes the largest singular values of the sum of the products, b a^T. With the orthogonal factors of b and a, it
// is the decomposition of a matrix that is as small as the ranks together.
func (p *loraPart) closest(parts []weighted) error {
	in, total := p.a.Dim(1), 0
	for _, q := range parts {
		total += q.a.Dim(0)
	}
	a, b := mat.NewDense(in, total, nil), mat.NewDense(p.rows, total, nil)
	at := 0
	for _, q := range parts {
		r := q.a.Dim(0)
		for k := range r {
			for j := range in {
				a.Set(j, at+k, q.factor*float64(q.a.At(k, j)))
			}
			for i := range p.rows {
				b.Set(i, at+k, float64(q.b.At(i, k)))
			}
		}
		at += r
	}
	qa, ra := orthogonal(a)
	qb, rb := orthogonal(b)
	var core, u, v, left, right mat.Dense
	core.Mul(rb, ra.T())
	var svd mat.SVD
	if !svd.Factorize(&core, mat.SVDThin) {
		return fmt.Errorf("the singular values cannot be found: are all numbers finite?")
	}
	svd.UTo(&u)
	svd.VTo(&v)
	left.Mul(qb, &u)
	right.Mul(qa, &v)
	values := svd.Values(nil)
	for k := range min(p.a.Dim(0), len(values)) {
		for i := range p.rows {
			p.b.Set(float32(left.At(i, k)*values[k]), i, k)
		}
		for j := range in {
			p.a.Set(float32(right.At(j, k)), k, j)
		}
	}
	return nil
}

// orthogonal returns factors q r of a matrix, q with orthonormal columns: no more of them than the matrix has rows.
func orthogonal(m *mat.Dense) (q, r *mat.Dense) {
	rows, cols := m.Dims()
	if rows < cols {
		q = mat.NewDense(rows, rows, nil)
		for i := range rows {
			q.Set(i, i, 1)
		}
		return q, m
	}
	var qr mat.QR
	var whole, upper mat.Dense
	qr.Factorize(m)
	qr.QTo(&whole)
	qr.RTo(&upper)
	return mat.DenseCopyOf(whole.Slice(0, rows, 0, cols)), mat.DenseCopyOf(upper.Slice(0, cols, 0, cols))
}
