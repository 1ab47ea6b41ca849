package posttrain

import (
	"fmt"
	"slices"

	"lyceum/lib/datasets"
	"lyceum/lib/internal/torchrand"
	"lyceum/lib/lossfn"
	"lyceum/lib/nn"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
	"lyceum/lib/zoo"
)

// SFTConfig are the settings of SFT. A field that is left zero gets TRL's default where zero would make no sense; where zero
// means something, zero is what you get.
type SFTConfig struct {
	LearningRate float64       // peak; 0: 2e-5
	Epochs       float64       // passes over the data; 0: 3
	MaxSteps     int           // more than 0: this many steps, whatever Epochs says
	BatchSize    int           // rows a forward pass; 0: 8
	Accumulation int           // forward passes a step; 0: 1
	MaxLength    int           // longer rows are cut at the end; 0: 1024, or the model's context if that is shorter
	Warmup       float64       // steps in which the learning rate rises; below 1: a share of all steps; 0: none
	Schedule     string        // of the learning rate: "linear", "cosine", ... (optim.Schedules); "": linear
	WeightDecay  float64       // 0: none
	MaxGradNorm  float64       // gradients are scaled down to this norm; 0: 1.0; negative: no clipping
	Mask         datasets.Mask // which tokens count; the zero value: what the assistant says
	Seed         uint64        // of the order of the data; 0: 42

	TextColumn     string  // of rows of plain text; "": text
	Packing        string  // rows put together up to MaxLength: "bfd", "bfd_split" or "wrapped"; "": none
	Loss           string  // "nll" or "dft"; "": nll
	Shuffle        bool    // rows are shuffled once before the run, by Seed, and once more before they are packed
	LabelSmoothing float64 // share of the probability that goes to all tokens alike; 0: none
	NEFTune        float64 // noise on the embeddings in training (Jain et al. 2023); 0: none; 5 is usual

	Adapter     nn.AdapterConfig // train an adapter on the frozen model: nn.LoRA{Rank: 8}, ...; nil: all parameters, or the adapters that are on
	Eval        *datasets.Set    // measured as Loop says
	EvalPacking string           // as Packing; "": as Packing; "none": not
	Loop
}

// SFT trains a copy of the model on texts or conversations: it learns to predict the tokens that the mask lets count. The loss
// of a step is the mean over all counting tokens of its accumulation window, the gradient is clipped to norm 1 and the
// learning rate falls linearly to 0, as in TRL's SFTTrainer. An interrupt ends the run after a whole step; what was trained so
// far is in the Run, beside the error.
func SFT(model *zoo.Model, data *datasets.Set, config SFTConfig) (_ *Run, err error) {
	work := stop.Begin()
	defer work.End(&err)
	if err := needed("SFT", model, data); err != nil {
		return nil, err
	}
	s, err := collect(config, 2e-5)
	if err != nil {
		return nil, err
	}
	if config.MaxLength, err = maxLength("SFTConfig", config.MaxLength, 1024, model); err != nil {
		return nil, err
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	m, err := learner("SFT", model, config.Adapter, s)
	if err != nil {
		return nil, err
	}
	r := &Run{Method: "SFT", Model: m, Config: config}
	t := &sft{teacher: teacher[sample]{run: r, s: s}, c: config}
	if t.train, err = t.encode(data, config.Packing); err != nil {
		return nil, err
	}
	if len(t.train) == 0 {
		return nil, fmt.Errorf("posttrain.SFT: %s has no row in which a token counts: nothing can be learned", data.Name)
	}
	r.noteRows(data, -1)
	if config.Eval != nil {
		if t.eval, err = t.encode(config.Eval, evalPacking(config)); err != nil {
			return nil, err
		}
	}
	t.order = newOrder(len(t.train), s)
	if s.Order == byLength {
		t.order.lengths, t.order.seed, t.order.drawn = lengths(t.train), s.Seed, t.evaluations
	}
	return r, train(work, r, t, s)
}

// check says which of the method's own settings cannot be used.
func (c SFTConfig) check() error {
	switch {
	case c.Loss != "" && c.Loss != "nll" && c.Loss != "dft":
		return fmt.Errorf("posttrain.SFTConfig: Loss is %q, it must be nll or dft", c.Loss)
	case !(c.LabelSmoothing >= 0 && c.LabelSmoothing < 1):
		return fmt.Errorf("posttrain.SFTConfig: LabelSmoothing is %v, it must be at least 0 and below 1", c.LabelSmoothing)
	}
	return nil
}

// maxLength is the length to which rows are cut.
func maxLength(config string, n, without int, model *zoo.Model) (int, error) {
	context := model.LM.Config.Context
	if n < 0 || n > context {
		return 0, fmt.Errorf("posttrain.%s: MaxLength is %d, it must be between 1 and the model's context, %d", config, n, context)
	}
	if n == 0 {
		n = min(without, context)
	}
	return n, nil
}

// sft is the task of SFT. Unlike those of preferences its loss is a mean over the tokens of the whole window.
type sft struct {
	teacher[sample]
	c SFTConfig
}

func (t *sft) window(epoch, first, n int) ([]micro, error) {
	var parts [][]sample
	total := 0
	for i := range n {
		rows := t.pick(t.train, t.order.batchRows(epoch, first+i))
		parts = append(parts, rows)
		for _, s := range rows {
			total += s.counts()
		}
	}
	var out []micro
	for _, rows := range parts {
		out = append(out, micro{rows: len(rows), loss: func(log *meter) *tensor.Tensor { return t.loss(rows, total, log, true) }})
	}
	return out, nil
}

func (t *sft) examined() int { return len(t.eval) }

func (t *sft) evaluation() []micro {
	var out []micro
	batches := t.s.examined(len(t.eval), t.s.EvalBatchSize)
	if t.s.Order == byLength {
		perm := torchrand.New(uint64(t.s.DataSeed.Or(float64(t.s.Seed)))).Perm(len(t.eval))
		batches = t.s.whole(slices.Collect(slices.Chunk(groupByLength(perm, lengths(t.eval), t.s.EvalBatchSize), t.s.EvalBatchSize)), t.s.EvalBatchSize)
	}
	for _, which := range batches {
		rows := t.pick(t.eval, which)
		out = append(out, micro{rows: len(rows), loss: func(log *meter) *tensor.Tensor { return t.loss(rows, 0, log, false) }})
	}
	return out
}

// lengths are the numbers of tokens of samples.
func lengths(samples []sample) []int {
	out := make([]int, len(samples))
	for i, s := range samples {
		out[i] = len(s.ids)
	}
	return out
}

// evaluations is how many came before an epoch.
func (t *sft) evaluations(epoch int) (n int) {
	first := epoch * ((t.size() + t.s.Accumulation - 1) / t.s.Accumulation)
	for _, x := range t.run.history {
		if x.eval && x.step <= first {
			n++
		}
	}
	return n
}

// loss is the loss of a micro-batch of a window in which total labels count; 0: those of the micro-batch.
func (t *sft) loss(rows []sample, total int, log *meter, training bool) *tensor.Tensor {
	fill := writer{m: t.run.Model}.pad()
	b := pad(rows, fill)
	t.count(b.real, t.unpaddedOf(b, fill), t.positionsOf(b), log, training)
	if b.counts == 0 {
		log.add("entropy", 0)
		log.add("mean_token_accuracy", 0)
		return tensor.Scalar(0)
	}
	if t.flat() {
		b.NoiseLength = b.real
	}
	s := scoreVirtual(t.run.Model.LM, b, firsts(rows))
	log.add("entropy", s.entropy())
	log.add("mean_token_accuracy", s.accuracy(0, s.rows))
	if total == 0 {
		total = s.total()
	}
	switch {
	case t.c.Loss == "dft":
		return lossfn.DFT(s.LogP, total)
	case t.c.LabelSmoothing > 0:
		return t.smoothed(b, total)
	}
	return lossfn.SFTFromNLL(s.LogP.Neg(), total)
}

// flat reports whether TRL's batches are one row without padding, and without a mask.
func (t *sft) flat() bool { return t.c.Packing == "bfd" || t.c.Packing == "bfd_split" }

// positionsOf is how many positions a batch has in TRL.
func (t *sft) positionsOf(b padded) int {
	if t.flat() {
		return b.real
	}
	return len(b.IDs)
}

// unpaddedOf is how many tokens of a batch the Trainer takes for no padding: without a mask, those that are not the padding
// token, which may be the end of a text as well.
func (t *sft) unpaddedOf(b padded, fill int32) int {
	n := b.real
	if t.flat() {
		n = 0
		for _, id := range b.IDs {
			if id != fill {
				n++
			}
		}
	}
	return n
}

// smoothed is the loss with label smoothing, which needs the scores of all tokens.
func (t *sft) smoothed(b padded, total int) *tensor.Tensor {
	var rows, labels []int32
	for i, y := range b.labels {
		if y != lossfn.Ignore {
			rows, labels = append(rows, int32(i)), append(labels, y)
		}
	}
	m := t.run.Model.LM
	logits := m.Scores(tensor.Embedding(m.Hidden(b.Batch), rows))
	return lossfn.SmoothSFT(logits, labels, t.c.LabelSmoothing, total)
}

// firsts are the labels of the first tokens, which only virtual tokens can predict.
func firsts(rows []sample) []int32 {
	out := make([]int32, len(rows))
	for i, r := range rows {
		out[i] = lossfn.Ignore
		if len(r.labels) > 0 {
			out[i] = r.labels[0]
		}
	}
	return out
}
