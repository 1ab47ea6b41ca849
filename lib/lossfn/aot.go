package lossfn

import (
	"sort"

	"lyceum/lib/tensor"
)

// AOT returns the loss of Alignment via Optimal Transport on pairs (TRL's "aot"): not each pair, but the sorted margins of the
// policy are to lie above the sorted margins of the reference, so that one distribution dominates the other.
//
//	u = sort(log pi(y_c) - log pi(y_r)),  v = sort(log pi_ref(y_c) - log pi_ref(y_r))
//	L_i = -(1-e) log s(beta (u_i - v_i)) - e log s(-beta (u_i - v_i))
//
// Melnyk et al. 2024, arXiv:2406.05882, section 3. Shapes: as DPO; the i-th loss belongs to no pair. The sorting is over the
// batch that is given. 0 <= e < 0.5.
func AOT(p Pairs, beta, e float64) *tensor.Tensor {
	p.check("AOT", beta)
	fraction("AOT", "label smoothing", e, 0.5)
	u := sorted(p.Chosen.Sub(p.Rejected))
	v := tensor.New(u.Len())
	if p.RefChosen != nil {
		v = sorted(p.RefChosen.Sub(p.RefRejected)).Detach()
	}
	return smoothed(u.Sub(v).Scale(float32(beta)), e)
}

// AOTUnpaired is AOT without regard to which completions are a pair (TRL's "aot_unpaired"): the sorted log-ratios of the chosen
// completions are to lie above those of the rejected ones.
//
//	u = sort(d_c),  v = sort(d_r),  L_i as AOT
//
// Melnyk et al. 2024, arXiv:2406.05882, section 4. Shapes: as AOT.
func AOTUnpaired(p Pairs, beta, e float64) *tensor.Tensor {
	p.check("AOTUnpaired", beta)
	fraction("AOTUnpaired", "label smoothing", e, 0.5)
	return smoothed(sorted(p.ChosenRatio()).Sub(sorted(p.RejectedRatio())).Scale(float32(beta)), e)
}

// sorted puts the elements of a vector into rising order; gradients find their way back.
func sorted(x *tensor.Tensor) *tensor.Tensor {
	order := make([]int32, x.Len())
	for i := range order {
		order[i] = int32(i)
	}
	sort.SliceStable(order, func(i, j int) bool { return x.Data()[order[i]] < x.Data()[order[j]] })
	return tensor.Embedding(x.Reshape(x.Len(), 1), order).Reshape(x.Len())
}
