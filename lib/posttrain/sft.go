package posttrain

import (
	"fmt"

	"lyceum/lib/datasets"
	"lyceum/lib/lossfn"
	"lyceum/lib/nn"
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
	LabelSmoothing float64 // share of the probability that goes to all tokens alike; 0: none
	NEFTune        float64 // noise on the embeddings (Jain et al. 2023); 0: none; 5 is usual

	Eval        *datasets.Set // measured as Loop says
	EvalPacking string        // as Packing; "": as Packing; "none": not
	Loop
}

// SFT trains a copy of the model on texts or conversations: it learns to predict the tokens that the mask lets count. The loss
// of a step is the mean over all counting tokens of its accumulation window, the gradient is clipped to norm 1 and the
// learning rate falls linearly to 0, as in TRL's SFTTrainer. An interrupt ends the run after a whole step; what was trained so
// far is in the Run, beside the error.
func SFT(model *zoo.Model, data *datasets.Set, config SFTConfig) (*Run, error) {
	s, err := collect(config, 2e-5)
	if err != nil {
		return nil, err
	}
	if config.MaxLength, err = maxLength("SFTConfig", config.MaxLength, 1024, model); err != nil {
		return nil, err
	}
	r := &Run{Method: "SFT", Model: model.Clone(model.Name + " + SFT"), Config: config}
	t := &sft{run: r, c: config}
	if t.train, err = t.encode(data, config.Packing); err != nil {
		return nil, err
	}
	if len(t.train) == 0 {
		return nil, fmt.Errorf("posttrain.SFT: %s has no row in which a token counts: nothing can be learned", data.Name)
	}
	if config.Eval != nil {
		if t.eval, err = t.encode(config.Eval, evalPacking(config)); err != nil {
			return nil, err
		}
	}
	t.order = newOrder(len(t.train), s)
	t.evalBatch = s.EvalBatchSize
	return r, train(r, t, s)
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

// sft is the task of SFT.
type sft struct {
	run         *Run
	c           SFTConfig
	train, eval []sample
	order       *order
	evalBatch   int
	tokens      float64 // read so far
}

func (t *sft) params() []nn.Param { return trainable(t.run.Model) }
func (t *sft) size() int          { return t.order.size() }

func (t *sft) window(epoch, first, n int) ([]micro, error) {
	var batches []padded
	total := 0
	for i := range n {
		b := t.batch(t.train, t.order.batchRows(epoch, first+i))
		batches = append(batches, b)
		total += b.counts
	}
	var out []micro
	for _, b := range batches {
		out = append(out, micro{rows: b.Rows, loss: func(log *meter) *tensor.Tensor {
			t.tokens += float64(b.real)
			return t.loss(b, total, log)
		}})
	}
	return out, nil
}

func (t *sft) evaluation() []micro {
	var out []micro
	for _, rows := range inOrder(len(t.eval), t.evalBatch) {
		b := t.batch(t.eval, rows)
		out = append(out, micro{rows: b.Rows, loss: func(log *meter) *tensor.Tensor { return t.loss(b, b.counts, log) }})
	}
	return out
}

func (t *sft) batch(from []sample, rows []int) padded {
	var list []sample
	for _, r := range rows {
		list = append(list, from[r])
	}
	return pad(list, writer{t.run.Model}.pad())
}

// loss is the loss of a micro-batch of a window in which total labels count.
func (t *sft) loss(b padded, total int, log *meter) *tensor.Tensor {
	log.set("num_tokens", t.tokens)
	if b.counts == 0 {
		log.add("entropy", 0)
		log.add("mean_token_accuracy", 0)
		return tensor.Scalar(0)
	}
	s := forward(t.run.Model.LM, b.Batch, b.labels, want{})
	log.add("entropy", s.meanEntropy())
	log.add("mean_token_accuracy", s.accuracy())
	if t.c.Loss == "dft" {
		return lossfn.DFT(s.logp, max(total, 1))
	}
	return lossfn.SFTFromNLL(s.logp.Neg(), max(total, 1))
}

func (t *sft) keep() (map[string]float64, []nn.Param) {
	return map[string]float64{"num_tokens": t.tokens}, nil
}

func (t *sft) restore(numbers map[string]float64) error {
	t.tokens = numbers["num_tokens"]
	return nil
}
