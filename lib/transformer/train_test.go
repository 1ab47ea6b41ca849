package transformer

import (
	"math"
	"testing"

	"lyceum/lib/internal/compute"
	"lyceum/lib/optim"
	"lyceum/lib/tensor"
)

// course is a small run: a model that learns which token follows which in sequences from a fixed random rule.
type course struct {
	model *LM
	opt   *optim.AdamW
	batch Batch
	next  []int32
}

func newCourse(c Config, rows, length int, seed uint64) *course {
	r := tensor.NewRand(seed)
	rule := make([]int32, c.Vocab)
	for i := range rule {
		rule[i] = int32(r.IntN(c.Vocab))
	}
	k := &course{model: New(c, seed), batch: Batch{Rows: rows, Length: length}}
	for range rows {
		id := int32(r.IntN(c.Vocab))
		for range length {
			if r.IntN(5) == 0 { // now and then chance decides, so that the loss does not go to zero
				id = int32(r.IntN(c.Vocab))
			}
			k.batch.IDs = append(k.batch.IDs, id)
			id = rule[id]
		}
	}
	k.next = append(append(k.next, k.batch.IDs[1:]...), -1)
	for i := length - 1; i < len(k.next); i += length {
		k.next[i] = -1
	}
	k.opt = optim.NewAdamW(k.model.Params())
	return k
}

func (k *course) step(precision string) (loss float64) {
	tensor.Scope(func() {
		tensor.Autocast(precision, func() {
			l := k.model.NLL(k.batch, k.next).Mean()
			loss = float64(l.Item())
			l.Backward()
		})
	})
	_, scale := optim.Clip(k.model.Params(), 1)
	k.opt.Step(3e-3, scale)
	k.opt.ZeroGrad()
	return loss
}

var courseConfig = Config{Vocab: 60, Dim: 48, Layers: 2, Heads: 3, KVHeads: 1, HeadDim: 16, Hidden: 96, Context: 32, RopeTheta: 10000, NormEps: 1e-5, Tied: true}

// TestBF16LearnsAsFloat32 compares 200 steps in the two precisions; other first weights are the measure of noise.
func TestBF16LearnsAsFloat32(t *testing.T) {
	const steps, last = 200, 50
	run := func(precision string, seed uint64) (mean float64) {
		k := newCourse(courseConfig, 4, 32, 7)
		k.model = New(courseConfig, seed)
		k.opt = optim.NewAdamW(k.model.Params())
		for i := range steps {
			if l := k.step(precision); i >= steps-last {
				mean += l / last
			}
		}
		return mean
	}
	want, got := run(tensor.Float32, 1), run(tensor.BF16, 1)
	noise := 0.0
	for _, seed := range []uint64{2, 3} {
		noise = math.Max(noise, math.Abs(run(tensor.Float32, seed)-want))
	}
	begin := math.Log(float64(courseConfig.Vocab))
	if want > begin/2 {
		t.Fatalf("the loss is %v after %d steps, it was %v: nothing was learned", want, steps, begin)
	}
	if d := math.Abs(got - want); d > math.Max(2*noise, 0.02*begin) {
		t.Errorf("the loss is %v in float32 and %v in bfloat16; other first weights change it by %v", want, got, noise)
	}
}

// TestStepsHaveTheSameBits repeats a run with other numbers of workers.
func TestStepsHaveTheSameBits(t *testing.T) {
	c := courseConfig
	c.Vocab, c.Dim, c.HeadDim, c.Hidden = 300, 96, 32, 192 // large enough that work is shared out
	run := func(precision string) []float32 {
		k := newCourse(c, 4, 32, 3)
		for range 3 {
			k.step(precision)
		}
		var all []float32
		for _, p := range k.model.Params() {
			all = append(all, p.Value.Data()...)
		}
		return all
	}
	defer compute.SetWorkers(compute.Workers())
	for _, precision := range []string{tensor.Float32, tensor.BF16} {
		compute.SetWorkers(1)
		want := run(precision)
		for _, workers := range []int{2, 2, 3, 8} {
			compute.SetWorkers(workers)
			for i, x := range run(precision) {
				if x != want[i] {
					t.Fatalf("%s: with %d workers weight %d is %v after three steps, with one %v", precision, workers, i, x, want[i])
				}
			}
		}
	}
}
