package lossfn

import (
	"fmt"
	"maps"

	"lyceum/lib/tensor"
)

// GRPOBatch is what GRPO and its relatives see: completions, padded to (B, T). All but LogProbs, Entropy and their
// gradients are constants.
type GRPOBatch struct {
	LogProbs   *tensor.Tensor // (B, T), of the policy; gradients flow here
	Old        *tensor.Tensor // (B, T), when the completions were drawn; nil: LogProbs themselves, so that the ratio is 1
	Ref        *tensor.Tensor // (B, T), of the reference; needed for Beta only
	Mask       *tensor.Tensor // (B, T), 1 for tokens that count
	Advantages *tensor.Tensor // (B), rl.GroupAdvantages, or (B, T)
	Entropy    *tensor.Tensor // (B, T), of the policy's predictions, in nats; needed for TopEntropy and EntropyCoef
}

// GRPOOptions choose among GRPO and its relatives. The zero value is TRL's default: DAPO's loss without clip-higher and
// without a reference.
type GRPOOptions struct {
	Loss        string  // "dapo" (or ""), "grpo", "bnpo", "dr_grpo", "cispo", "sapo", "vespo", "luspo", "gmpo"
	Level       string  // of the ratio: "token" (or ""), "sequence" (GSPO), "sequence_token" (GSPO-token)
	ClipEps     float64 // 0: 0.2 (gmpo: 0.4, of the log-ratio)
	ClipEpsHigh float64 // 0: as ClipEps. For cispo it is the cap of the ratio itself, where 5 is usual
	Delta       float64 // above 1 + ClipEpsHigh: two-sided clipping; 0: none
	Beta        float64 // weight of the divergence from the reference; 0: none
	PaperKL     bool    // the divergence as in the paper, k3 alone; TRL multiplies it by the ratio, which corrects its gradient

	SAPOPos, SAPONeg   float64 // temperatures; 0: 1 and 1.05
	VESPOPos, VESPONeg Gamma   // zero: (2, 3) and (3, 2)

	OffPolicyThreshold float64 // a completion of negative advantage that has become this much less likely, in nats a token, is left out; 0: none is
	TopEntropy         float64 // only this share of the tokens, the most uncertain ones, moves the policy; 0 or 1: all
	EntropyCoef        float64 // weight of the entropy bonus; 0: none

	Tokens       float64 // what dapo, cispo and vespo divide by: the tokens of the whole generation batch; 0: of this one
	MaxLength    int     // what dr_grpo divides by: the longest completion possible; 0: T
	Accumulation int     // micro-batches in a step, by which the means of the others are divided; 0: 1
}

// GRPO returns the loss of group relative policy optimization for one micro-batch, and its metrics by TRL's names.
//
//	rho_bt = pi(y_bt)/pi_old(y_bt)
//	l_bt   = -min(rho A_b, clip(rho, 1 - eps, 1 + epsHigh) A_b) + beta rho k3_bt
//
//	grpo     mean over completions of the mean of their tokens      dapo     sum over tokens / tokens of the generation batch
//	bnpo     sum over tokens / tokens of the micro-batch            dr_grpo  sum over tokens / (B MaxLength)
//	luspo    mean over completions of the sum of their tokens       cispo, vespo as dapo; sapo as grpo, with tokens of their own
//
// Shao et al. 2024, arXiv:2402.03300, eq. 3 (grpo); Yu et al. 2025, arXiv:2503.14476, eq. 8 (dapo); Liu et al. 2025,
// arXiv:2503.20783 (dr_grpo); the others at CISPO, SAPO, VESPOWeights, SequenceSum, GMPO, SequenceLogRatio. The factor rho on
// the divergence is TRL's, after DeepSeek-AI 2025, arXiv:2512.02556, eq. 7: the value is the same on fresh completions, the
// gradient is that of the true divergence; PaperKL leaves it out.
//
// The result is (), in nats. On fresh completions with whitened advantages it is 0 where every completion weighs the same
// (grpo), and its gradient is not. A token that Mask leaves out has no gradient. GRPO panics if the batch lacks what the
// options need.
func GRPO(b GRPOBatch, o GRPOOptions) (loss *tensor.Tensor, metrics map[string]float64) {
	o = o.withDefaults(b)
	a := b.Advantages.Detach()
	if len(a.Shape()) == 1 {
		a = column(a)
	}
	metrics = map[string]float64{}
	perToken := o.perToken(b, a, metrics)
	keep := o.highEntropy(b)
	if o.OffPolicyThreshold > 0 {
		perToken = perToken.Mul(OffPolicyMask(b.LogProbs, b.Old, a, b.Mask, o.OffPolicyThreshold))
	}
	if keep != nil {
		perToken = perToken.Mul(keep)
	}
	if o.Beta != 0 {
		kl := o.divergence(b)
		perToken = perToken.Add(kl.Scale(float32(o.Beta)))
		metrics["kl"] = maskedMean(kl.Data(), kl.Dim(1), b.Mask)
	}
	if b.Entropy != nil {
		metrics["entropy"] = maskedMean(b.Entropy.Data(), b.Entropy.Dim(1), b.Mask)
	}
	loss = o.reduce(perToken, b.Mask)
	if o.EntropyCoef != 0 {
		metrics["policy_loss"] = float64(loss.Item()) * o.windowShare()
		m := b.Mask
		if keep != nil {
			m = m.Mul(keep)
		}
		loss = loss.Sub(TokenMean(b.Entropy, m).Scale(float32(o.EntropyCoef / float64(o.Accumulation))))
	}
	return loss, metrics
}

// withDefaults fills in what was left out and panics where the batch does not fit.
func (o GRPOOptions) withDefaults(b GRPOBatch) GRPOOptions {
	fail := func(format string, args ...any) {
		panic(&tensor.Error{Op: "GRPO", Text: fmt.Sprintf(format, args...)})
	}
	sameShape("GRPO", []string{"LogProbs", "Old", "Ref", "Mask", "Entropy"}, b.LogProbs, b.Old, b.Ref, b.Mask, b.Entropy)
	if b.Mask == nil || b.Advantages == nil || len(b.LogProbs.Shape()) != 2 || b.Advantages.Dim(0) != b.LogProbs.Dim(0) {
		fail("Mask and Advantages are needed, LogProbs as (B,T), Advantages as (B) or (B,T)")
	}
	if o.Beta != 0 && b.Ref == nil {
		fail("Beta is %v, and Ref is nil", o.Beta)
	}
	if b.Entropy == nil && (o.EntropyCoef != 0 || o.TopEntropy > 0 && o.TopEntropy < 1) {
		fail("EntropyCoef and TopEntropy need Entropy")
	}
	or := func(x *float64, v float64) {
		if *x == 0 {
			*x = v
		}
	}
	if o.Loss == "" {
		o.Loss = "dapo"
	}
	if o.Loss == "gmpo" {
		or(&o.ClipEps, 0.4)
	}
	or(&o.ClipEps, 0.2)
	or(&o.ClipEpsHigh, o.ClipEps)
	or(&o.SAPOPos, 1)
	or(&o.SAPONeg, 1.05)
	or(&o.Tokens, total(b.Mask))
	if o.VESPOPos == (Gamma{}) {
		o.VESPOPos = Gamma{2, 3}
	}
	if o.VESPONeg == (Gamma{}) {
		o.VESPONeg = Gamma{3, 2}
	}
	if o.MaxLength == 0 {
		o.MaxLength = b.Mask.Dim(1)
	}
	o.Accumulation = max(1, o.Accumulation)
	return o
}

// logRatio is the logarithm of the importance weight at the level that was asked for, (B, T) or (B, 1).
func (o GRPOOptions) logRatio(b GRPOBatch) *tensor.Tensor {
	d := LogRatio(b.LogProbs, b.Old)
	switch o.Level {
	case "", "token":
		return d
	case "sequence":
		return SequenceLogRatio(d, b.Mask)
	case "sequence_token":
		return SequenceTokenLogRatio(b.LogProbs, d, b.Mask)
	}
	panic(&tensor.Error{Op: "GRPO", Text: fmt.Sprintf("Level is %q; it must be token, sequence or sequence_token", o.Level)})
}

// perToken is the policy's part of the loss, (B, T) or (B, 1), before masks; what is measured on the way goes to metrics.
func (o GRPOOptions) perToken(b GRPOBatch, a *tensor.Tensor, metrics map[string]float64) *tensor.Tensor {
	ratio := o.logRatio(b).Exp()
	switch o.Loss {
	case "grpo", "bnpo", "dr_grpo", "dapo", "luspo":
		seen := ratio
		if o.Delta > 0 { // TRL counts what is clipped after the cap
			seen = ratio.Detach().Clip(float32(negInf), float32(o.Delta))
		}
		maps.Copy(metrics, clipMetrics(seen.Data(), ratio.Dim(1), a.Data(), a.Dim(1), ratio.Dim(0), b.Mask, o.ClipEps, o.ClipEpsHigh))
		return ClippedSurrogate(ratio, a, o.ClipEps, o.ClipEpsHigh, o.Delta)
	case "cispo":
		m := clipMetrics(ratio.Data(), ratio.Dim(1), a.Data(), a.Dim(1), ratio.Dim(0), b.Mask, 2, o.ClipEpsHigh-1)
		metrics["cispo_clip_ratio"] = m["clip_ratio/high_mean"]
		return CISPO(ratio, a, b.LogProbs, o.ClipEpsHigh)
	case "sapo":
		return SAPO(ratio, a, o.SAPOPos, o.SAPONeg)
	case "vespo":
		phi := VESPOWeights(LogRatio(b.LogProbs, b.Old), a, b.Mask, o.VESPOPos, o.VESPONeg)
		metrics["vespo/phi_seq_mean"] = mean(phi.Data())
		return phi.Mul(a).Mul(b.LogProbs).Neg()
	case "gmpo":
		return GMPO(LogRatio(b.LogProbs, b.Old), a, b.Mask, o.ClipEps, o.ClipEpsHigh)
	}
	panic(&tensor.Error{Op: "GRPO", Text: fmt.Sprintf("Loss is %q; it must be grpo, bnpo, dr_grpo, dapo, cispo, sapo, vespo, luspo or gmpo", o.Loss)})
}

// divergence is k3 from the reference, times the ratio unless the paper's form is asked for.
func (o GRPOOptions) divergence(b GRPOBatch) *tensor.Tensor {
	kl := KL3(b.LogProbs, b.Ref.Detach())
	if o.PaperKL {
		return kl
	}
	return kl.Mul(o.logRatio(b).Exp())
}

func (o GRPOOptions) highEntropy(b GRPOBatch) *tensor.Tensor {
	if o.TopEntropy <= 0 || o.TopEntropy >= 1 {
		return nil
	}
	return HighEntropyMask(b.Entropy, b.Mask, 1-o.TopEntropy)
}

// reduce makes one number of the tokens.
func (o GRPOOptions) reduce(x, mask *tensor.Tensor) *tensor.Tensor {
	share := float32(1 / o.windowShare())
	switch o.Loss {
	case "grpo", "sapo", "gmpo":
		return SequenceMean(x, mask).Scale(share)
	case "bnpo":
		return TokenMean(x, mask).Scale(share)
	case "dr_grpo":
		return TokenSum(x, mask, float64(mask.Dim(0)*o.MaxLength)).Scale(share)
	case "luspo":
		return SequenceSum(x, mask).Scale(share)
	}
	return TokenSum(x, mask, o.Tokens)
}

// windowShare is what a micro-batch's own mean is divided by: the losses that divide by the tokens of the whole generation
// batch have taken the window into account already.
func (o GRPOOptions) windowShare() float64 {
	switch o.Loss {
	case "dapo", "cispo", "vespo":
		return 1
	}
	return float64(o.Accumulation)
}
