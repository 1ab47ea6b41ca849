package posttrain

import (
	"fmt"

	"lyceum/lib/datasets"
	"lyceum/lib/lossfn"
	"lyceum/lib/nn"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// KTOConfig are the settings of KTO. Zero means as in SFTConfig. The order of the data is sequential unless Loop.Order says
// otherwise: the completions for the divergence are made of a row's neighbours.
type KTOConfig struct {
	LearningRate float64 // peak; 0: 1e-6
	Epochs       float64 // passes over the data; 0: 3
	MaxSteps     int     // more than 0: this many steps, whatever Epochs says
	BatchSize    int     // rows a forward pass; 0: 8
	Accumulation int     // forward passes a step; 0: 1
	MaxLength    int     // longer rows are cut at the end; 0: 1024, or the model's context if that is shorter
	Warmup       float64 // steps in which the learning rate rises; below 1: a share of all steps
	Schedule     string  // of the learning rate; "": linear
	WeightDecay  float64
	MaxGradNorm  float64 // 0: 1.0; negative: no clipping
	Seed         uint64  // of the order of the data; 0: 42
	NEFTune      float64 // noise on the embeddings in training, as in SFT; 0: none

	Loss              string // kto, apo_zero_unpaired or bco; "": kto
	Beta              Opt    // left out: 0.1
	DesirableWeight   Opt    // of rows whose label is true; left out: 1
	UndesirableWeight Opt    // of the others; left out: 1

	Precompute bool       // the reference's log-probabilities are computed once, before the run
	SyncEvery  int        // TR-DPO: steps between two moves of the reference towards the policy; 0: never
	SyncMix    Opt        // how far it moves; left out: 0.6
	Reference  *zoo.Model // another reference model; nil: the policy as it is at the start

	Adapter nn.AdapterConfig // train an adapter on the frozen model, as in SFTConfig
	Dropout bool             // keep the dropout of adapters on; TRL switches it off
	Eval    *datasets.Set    // measured as Loop says
	Loop
}

// KTO trains a copy of the model on completions with a verdict each: rows of prompt, completion and label; pairs are taken apart.
// Losses, metrics and defaults are those of TRL's KTOTrainer; bco is that of its former BCOTrainer, without the density ratio.
func KTO(model *zoo.Model, data *datasets.Set, config KTOConfig) (_ *Run, err error) {
	work := stop.Begin()
	defer work.End(&err)
	if err := needed("KTO", model, data); err != nil {
		return nil, err
	}
	if config.Order == "" {
		config.Order = "sequential"
	}
	s, err := collect(config, 1e-6)
	if err != nil {
		return nil, err
	}
	if err := config.check(s); err != nil {
		return nil, err
	}
	if config.MaxLength, err = maxLength("KTOConfig", config.MaxLength, 1024, model); err != nil {
		return nil, err
	}
	m, err := learner("KTO", model, config.Adapter, s)
	if err != nil {
		return nil, err
	}
	r := &Run{Method: "KTO", Model: m, Config: config}
	t := &kto{teacher: teacher[verdict]{run: r, s: s}, c: config, beta: config.Beta.Or(0.1)}
	t.teacher.loss = t.loss
	if config.SyncEvery > 0 && len(m.LM.Adapters()) > 0 {
		return nil, fmt.Errorf("posttrain.KTOConfig: SyncEvery moves a copy of the model that is the reference: it cannot be used with adapters")
	}
	if t.train, err = t.encode(data); err != nil {
		return nil, err
	}
	r.noteRows(data, len(t.train))
	if config.Eval != nil {
		if t.eval, err = t.encode(config.Eval); err != nil {
			return nil, err
		}
	}
	t.order = newOrder(len(t.train), s)
	t.remember(config.Adapter != nil)
	return r, train(work, r, t, s)
}

func (c KTOConfig) check(s settings) error {
	bad := func(format string, args ...any) error { return fmt.Errorf("posttrain.KTOConfig: "+format, args...) }
	switch c.Loss {
	case "", "kto":
		if s.BatchSize < 2 {
			return bad("BatchSize is %d, the loss kto needs at least 2: its divergence is measured on the completions of other rows of the batch", s.BatchSize)
		}
		if s.Order != "sequential" {
			return bad("Order is %s, the loss kto needs sequential: its divergence is measured on the completions of a row's neighbours", s.Order)
		}
	case "apo_zero_unpaired", "bco":
	default:
		return bad("Loss is %q, it must be kto, apo_zero_unpaired or bco", c.Loss)
	}
	for name, w := range map[string]Opt{"DesirableWeight": c.DesirableWeight, "UndesirableWeight": c.UndesirableWeight} {
		if !(w.Or(1) >= 0) {
			return bad("%s is %v, it must be 0 or more", name, w)
		}
	}
	if m := c.SyncMix.Or(0.6); !(m >= 0 && m <= 1) || c.SyncEvery < 0 || c.SyncEvery > 0 && (c.Precompute || c.Reference != nil) {
		return bad("SyncEvery is %d and SyncMix %v: steps, and a share from 0 to 1; neither with Precompute nor with another Reference", c.SyncEvery, m)
	}
	return checkBeta("KTOConfig", c.Beta.Or(0.1))
}

// A verdict is a completion with a label, and the completion of another row behind the same prompt.
type verdict struct {
	sample, other sample
	good          bool
	refs          *[2]float32
}

// kto is the task of KTO.
type kto struct {
	teacher[verdict]
	c     KTOConfig
	beta  float64
	ref   *reference
	shift runningMean // of the rewards, for bco
}

// A runningMean is the mean of all numbers so far.
type runningMean struct{ sum, n float64 }

func (t *kto) dropout() bool { return t.c.Dropout }

func (t *kto) drifts() bool { return t.c.Loss == "" || t.c.Loss == "kto" }

// encode turns rows into verdicts. The other completion is that of the row before, the first of each batch gets that of the last.
func (t *kto) encode(data *datasets.Set) ([]verdict, error) {
	fail := func(i int, set *datasets.Set, err error) ([]verdict, error) {
		return nil, fmt.Errorf("posttrain.KTO: %s: %w", set.Where(i), err)
	}
	flat, err := data.Unpaired()
	if err != nil {
		return nil, fmt.Errorf("posttrain.KTO: %w", err)
	}
	for _, c := range []string{"prompt", "completion", "label"} {
		if !flat.Has(c) {
			return nil, fmt.Errorf("posttrain.KTO: %s has no column %s: it needs prompt, completion and label, or pairs; it has %v", data.Name, c, data.Columns())
		}
	}
	w := writer{m: t.run.Model}
	var rows []completion
	var labels []bool
	for i := range flat.Len() {
		good, err := flat.Row(i).Bool("label")
		if err != nil {
			return fail(i, flat, err)
		}
		c, err := w.completion(flat.Row(i), "completion")
		if err != nil {
			return fail(i, flat, err)
		}
		if c.prompt < t.c.MaxLength {
			rows, labels = append(rows, c), append(labels, good)
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("posttrain.KTO: %s has no row whose prompt leaves room for a completion in MaxLength %d: nothing can be learned", data.Name, t.c.MaxLength)
	}
	out := make([]verdict, len(rows))
	for i, c := range rows {
		out[i] = verdict{sample: cut(c.ids, c.prompt, t.c.MaxLength), good: labels[i]}
		first := i / t.s.BatchSize * t.s.BatchSize
		before := i - 1
		if i == first {
			before = min(first+t.s.BatchSize, len(rows)) - 1
		}
		o := rows[before]
		ids := append(append([]int32(nil), c.ids[:c.prompt]...), o.ids[o.prompt:]...)
		out[i].other = cut(ids, c.prompt, t.c.MaxLength)
	}
	return out, nil
}

// remember makes the reference, or what is needed of it.
func (t *kto) remember(fresh bool) {
	switch {
	case t.c.Reference != nil:
		t.ref = &reference{policy: t.c.Reference.LM, copied: t.c.Reference.LM}
	case t.c.Precompute && len(t.policy().Adapters()) == 0:
		t.ref = &reference{policy: t.policy(), copied: t.policy()}
	default:
		t.ref = newReference(t.policy(), fresh)
	}
	if !t.c.Precompute {
		return
	}
	for _, set := range []struct {
		rows  []verdict
		batch int
	}{{t.train, t.s.BatchSize}, {t.eval, t.s.EvalBatchSize}} {
		for _, which := range inOrder(len(set.rows), set.batch) {
			tensor.Scope(func() {
				tensor.Autocast(t.s.Precision, func() {
					own, other := t.batches(t.pick(set.rows, which))
					a, b := t.reference(own, other)
					for i, at := range which {
						set.rows[at].refs = &[2]float32{a.Data()[i], b.Data()[i]}
					}
				})
			})
		}
	}
	t.ref = nil
}

func (t *kto) stepped(steps int) {
	if t.c.SyncEvery > 0 && steps%t.c.SyncEvery == 0 {
		t.ref.mix(t.c.SyncMix.Or(0.6))
	}
}

func (t *kto) keep() (map[string]float64, []nn.Param) {
	numbers, _ := t.teacher.keep()
	numbers["shift_sum"], numbers["shift_n"] = t.shift.sum, t.shift.n
	if t.c.SyncEvery > 0 || len(t.policy().Adapters()) > 0 {
		return numbers, t.ref.tensors()
	}
	return numbers, nil
}

func (t *kto) restore(numbers map[string]float64) error {
	t.shift = runningMean{numbers["shift_sum"], numbers["shift_n"]}
	return t.teacher.restore(numbers)
}

// batches are the completions of rows, and those of others behind the same prompts.
func (t *kto) batches(rows []verdict) (own, other padded) {
	var a, b []sample
	for _, r := range rows {
		a, b = append(a, r.sample), append(b, r.other)
	}
	fill := writer{m: t.run.Model}.pad()
	return pad(a, fill), pad(b, fill)
}

// reference are the log-probabilities of both under the reference; of the others zeros if they are not needed.
func (t *kto) reference(own, other padded) (a, b *tensor.Tensor) {
	b = tensor.New(own.Rows)
	t.ref.run(func(m *transformer.LM) {
		a = score(m, own, tensor.LogProbsOptions{}).sums()
		if t.drifts() {
			b = score(m, other, tensor.LogProbsOptions{}).sums()
		}
	})
	return a, b
}

// references are those of rows, computed or remembered.
func (t *kto) references(rows []verdict, own, other padded) (a, b *tensor.Tensor) {
	if rows[0].refs == nil {
		return t.reference(own, other)
	}
	a, b = tensor.New(len(rows)), tensor.New(len(rows))
	for i, r := range rows {
		a.Data()[i], b.Data()[i] = r.refs[0], r.refs[1]
	}
	return a, b
}

func (t *kto) loss(rows []verdict, log *meter, training bool) *tensor.Tensor {
	own, other := t.batches(rows)
	good, weight := make([]bool, len(rows)), tensor.New(len(rows))
	for i, r := range rows {
		good[i] = r.good
		weight.Data()[i] = float32(t.c.UndesirableWeight.Or(1))
		if r.good {
			weight.Data()[i] = float32(t.c.DesirableWeight.Or(1))
		}
	}
	s := score(t.policy(), own, tensor.LogProbsOptions{})
	logps := s.sums()
	ref, refOther := t.references(rows, own, other)
	ratio := logps.Sub(ref)
	z := 0.0
	if t.drifts() {
		tensor.NoGrad(func() {
			z = lossfn.KTOReferencePoint(score(t.policy(), other, tensor.LogProbsOptions{}).sums(), refOther)
		})
	}
	var loss *tensor.Tensor
	switch t.c.Loss {
	case "apo_zero_unpaired":
		loss = lossfn.APOZeroUnpaired(ratio, good, t.beta)
	case "bco":
		loss = lossfn.BCO(ratio, good, t.beta, t.delta(ratio, log, training))
	default:
		loss = lossfn.KTO(ratio, good, t.beta, z)
	}
	log.add("kl", z)
	log.add("entropy", s.entropy())
	t.count(own.real, own.real, len(own.IDs), log, training)
	t.classes(s, good, scaled(values(ratio), t.beta), values(logps), log)
	return loss.Mul(weight).Mean()
}

// delta is the running mean of the rewards, those of this batch included.
func (t *kto) delta(ratio *tensor.Tensor, log *meter, training bool) float64 {
	if training {
		for _, r := range scaled(values(ratio), t.beta) {
			t.shift.sum, t.shift.n = t.shift.sum+r, t.shift.n+1
		}
	}
	d := t.shift.sum / max(t.shift.n, 1)
	log.add("delta", d)
	return d
}

// classes logs the means over the rows of each class; what a batch has not is not logged.
func (t *kto) classes(s scored, good []bool, rewards, logps []float64, log *meter) {
	var reward [2]float64
	var seen [2]bool
	for k, name := range []string{"chosen", "rejected"} {
		var rw, lp []float64
		logits, tokens := 0.0, 0
		for i := range good {
			if good[i] != (k == 0) {
				continue
			}
			n := s.counts()[i]
			rw, lp = append(rw, rewards[i]), append(lp, logps[i])
			logits, tokens = logits+s.logit(i, i+1)*float64(n), tokens+n
		}
		if tokens > 0 {
			log.add("logits/"+name, logits/float64(tokens))
		}
		if len(rw) > 0 {
			reward[k], seen[k] = average(rw), true
			log.add("rewards/"+name, reward[k])
			log.add("logps/"+name, average(lp))
		}
	}
	if seen[0] && seen[1] {
		log.add("rewards/margins", reward[0]-reward[1])
	}
}
