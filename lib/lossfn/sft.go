// Package lossfn holds the objectives of post-training as pure functions of tensors, one file each.
package lossfn

import (
	"fmt"

	"lyceum/lib/tensor"
)

// Ignore is the label of a position that does not count (-100, as in PyTorch and TRL).
const Ignore = -100

// SFT returns the supervised fine-tuning loss: the mean negative log-likelihood of the labels that count.
//
//	L = - sum_i [y_i != Ignore] log softmax(z_i)[y_i] / sum_i [y_i != Ignore]
//
// It is the cross-entropy of torch.nn.functional.cross_entropy with ignore_index -100 and reduction "mean".
// Shapes: logits (..., V), labels one per row; the result is (), in nats. labels[i] is the token that row i should
// predict, so the caller has shifted them by one. Rows with Ignore have no gradient. SFT panics if no label counts.
// With uniform logits the loss is ln V.
func SFT(logits *tensor.Tensor, labels []int32) *tensor.Tensor {
	ids, n := counted("SFT", labels)
	return logits.LogSoftmax().Gather(ids).Sum().Scale(-1 / float32(n))
}

// SFTFromNLL is SFT for per-token losses that are there already: nll (rows), with 0 where the label is ignored.
func SFTFromNLL(nll *tensor.Tensor, count int) *tensor.Tensor {
	if count <= 0 {
		panic(&tensor.Error{Op: "SFT", Text: fmt.Sprintf("%d labels count: there is nothing to learn from", count)})
	}
	return nll.Sum().Scale(1 / float32(count))
}

// SmoothSFT is SFT with label smoothing: the share e of each label's weight goes to all tokens alike.
//
//	L = - sum_i [(1-e) log p_i[y_i] + e/V sum_v log p_i[v]] / count
//
// Szegedy et al. 2016, arXiv:1512.00567, section 7, as the Hugging Face Trainer has it (label_smoothing_factor).
// Shapes: as SFT. count is the number of labels by which the sum is divided, which may be that of a whole accumulation window;
// e = 0 and count 0 give SFT. 0 <= e < 1 and at least one label; SmoothSFT panics otherwise. The loss cannot reach 0.
func SmoothSFT(logits *tensor.Tensor, labels []int32, e float64, count int) *tensor.Tensor {
	fraction("SmoothSFT", "label smoothing", e, 1)
	ids, n := counted("SmoothSFT", labels)
	if count <= 0 {
		count = n
	}
	logp := logits.LogSoftmax()
	flat := logp.MeanAxis(-1).Reshape(len(labels))
	keep := tensor.New(len(labels))
	for i, id := range ids {
		if id >= 0 {
			keep.Data()[i] = 1
		}
	}
	nll, uniform := logp.Gather(ids).Reshape(len(labels)).Sum(), flat.Mul(keep).Sum()
	return nll.Scale(float32(1 - e)).Add(uniform.Scale(float32(e))).Scale(-1 / float32(count))
}

// counted replaces Ignore by a negative id and counts the rest.
func counted(op string, labels []int32) (ids []int32, n int) {
	ids = make([]int32, len(labels))
	for i, y := range labels {
		ids[i] = -1
		if y != Ignore {
			if y < 0 {
				panic(&tensor.Error{Op: op, Text: fmt.Sprintf("label %d at place %d is negative and not Ignore (%d)", y, i, Ignore)})
			}
			ids[i] = y
			n++
		}
	}
	if n == 0 {
		panic(&tensor.Error{Op: op, Text: "every label is ignored: there is nothing to learn from"})
	}
	return ids, n
}

// Shift returns labels for next-token prediction: position t is to predict token t+1 of its row if mask[t+1] is set, and
// the last position of each row nothing. ids and mask are (B*T) with rows of the given length.
func Shift(ids []int32, mask []bool, length int) []int32 {
	out := make([]int32, len(ids))
	for i := range ids {
		out[i] = Ignore
		if (i+1)%length != 0 && i+1 < len(ids) && mask[i+1] {
			out[i] = ids[i+1]
		}
	}
	return out
}
