package posttrain

import (
	"fmt"
	"slices"

	"lyceum/lib/datasets"
	"lyceum/lib/lossfn"
	"lyceum/lib/nn"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// DPOConfig are the settings of DPO. Zero means as in SFTConfig.
type DPOConfig struct {
	LearningRate float64 // peak; 0: 1e-6
	Epochs       float64 // passes over the data; 0: 3
	MaxSteps     int     // more than 0: this many steps, whatever Epochs says
	BatchSize    int     // pairs a forward pass; 0: 8
	Accumulation int     // forward passes a step; 0: 1
	MaxLength    int     // longer rows are cut at the end; 0: 1024, or the model's context if that is shorter
	Warmup       float64 // steps in which the learning rate rises; below 1: a share of all steps
	Schedule     string  // of the learning rate; "": linear
	WeightDecay  float64
	MaxGradNorm  float64 // 0: 1.0; negative: no clipping
	Seed         uint64  // of the order of the data; 0: 42
	NEFTune      float64 // noise on the embeddings in training, as in SFT; 0: none

	Beta           Opt       // how closely the policy is held to the reference; left out: 0.1
	Losses         []string  // TRL's loss_type: sigmoid, hinge, ipo, ... (DPOLosses), several are added up; none: sigmoid
	Weights        []float64 // of the Losses; none: 1 each
	LabelSmoothing float64   // of robust, exo_pair, aot and aot_unpaired: the share of labels that are wrong
	Divergence     string    // TRL's f_divergence_type: reverse_kl, forward_kl, js_divergence, alpha_divergence; "": reverse_kl
	AlphaCoef      Opt       // of alpha_divergence; left out: 0.5
	DiscoPOPTau    Opt       // of discopop; left out: 0.05
	LDAlpha        Opt       // length-desensitised DPO: weight of the tokens beyond the shorter completion; left out: 1
	Weighting      bool      // WPO: pairs weigh by how likely the policy is to say them
	ReferenceFree  bool      // without a reference: its log-probabilities count as 0

	Precompute bool       // the reference's log-probabilities are computed once, before the run
	SyncEvery  int        // TR-DPO: steps between two moves of the reference towards the policy; 0: never
	SyncMix    Opt        // how far it moves; left out: 0.6
	Reference  *zoo.Model // another reference model; nil: the policy as it is at the start

	Adapter nn.AdapterConfig // train an adapter on the frozen model, as in SFTConfig
	Dropout bool             // keep the dropout of adapters on; TRL switches it off
	Eval    *datasets.Set    // measured as Loop says
	Loop
}

// DPO trains a copy of the model on preferences: rows with chosen and rejected completions, and a prompt, or one that both begin
// with. The reference is the model as it was at the start; with an adapter, the model without it. Losses, metrics and defaults
// are those of TRL's DPOTrainer.
func DPO(model *zoo.Model, data *datasets.Set, config DPOConfig) (_ *Run, err error) {
	work := stop.Begin()
	defer work.End(&err)
	if err := needed("DPO", model, data); err != nil {
		return nil, err
	}
	s, err := collect(config, 1e-6)
	if err != nil {
		return nil, err
	}
	if config.MaxLength, err = maxLength("DPOConfig", config.MaxLength, 1024, model); err != nil {
		return nil, err
	}
	fresh := config.Adapter != nil
	m, err := learner("DPO", model, config.Adapter, s)
	if err != nil {
		return nil, err
	}
	r := &Run{Method: "DPO", Model: m, Config: config}
	t := &dpo{teacher: teacher[pair]{run: r, s: s}, c: config, beta: config.Beta.Or(0.1)}
	if err := t.settings(); err != nil {
		return nil, err
	}
	w := writer{m: m}
	if t.train, err = encodePairs("DPO", w, data, config.MaxLength, false, true); err != nil {
		return nil, err
	}
	r.noteRows(data, len(t.train))
	for _, p := range t.train {
		if slices.Equal(p.chosen.ids, p.rejected.ids) {
			r.equalPairs += 1 / float64(len(t.train))
		}
	}
	if config.Eval != nil {
		if t.eval, err = encodePairs("DPO", w, config.Eval, config.MaxLength, false, true); err != nil {
			return nil, err
		}
	}
	t.order = newOrder(len(t.train), s)
	t.teacher.loss = t.loss
	t.remember(fresh)
	return r, train(work, r, t, s)
}

// remember makes the reference, or what is needed of it.
func (t *dpo) remember(fresh bool) {
	switch {
	case t.c.ReferenceFree:
		return
	case t.c.Reference != nil:
		t.ref = &reference{policy: t.c.Reference.LM, copied: t.c.Reference.LM}
	case t.c.Precompute && len(t.policy().Adapters()) == 0:
		t.ref = &reference{policy: t.policy(), copied: t.policy()} // it is not trained yet
	default:
		t.ref = newReference(t.policy(), fresh)
	}
	if !t.c.Precompute {
		return
	}
	for _, set := range []struct {
		rows  []pair
		batch int
	}{{t.train, t.s.BatchSize}, {t.eval, t.s.EvalBatchSize}} {
		for _, which := range inOrder(len(set.rows), set.batch) {
			rows := t.pick(set.rows, which)
			tensor.Scope(func() {
				tensor.Autocast(t.s.Precision, func() {
					logps := t.reference(pad(sides(rows, false), writer{m: t.run.Model}.pad()), t.weights(rows))
					for i, at := range which {
						set.rows[at].refs = &[2]float32{logps.Data()[i], logps.Data()[len(rows)+i]}
					}
				})
			})
		}
	}
	t.ref = nil
}

// dpo is the task of DPO.
type dpo struct {
	teacher[pair]
	c          DPOConfig
	beta       float64
	divergence lossfn.Divergence
	ref        *reference // nil: none, or precomputed
}

func (t *dpo) dropout() bool { return t.c.Dropout }

func (t *dpo) stepped(steps int) {
	if t.c.SyncEvery > 0 && steps%t.c.SyncEvery == 0 {
		t.ref.mix(t.c.SyncMix.Or(0.6))
	}
}

func (t *dpo) keep() (map[string]float64, []nn.Param) {
	numbers, _ := t.teacher.keep()
	if t.c.SyncEvery > 0 || len(t.policy().Adapters()) > 0 {
		return numbers, t.ref.tensors() // else the reference is the model that the run was started with
	}
	return numbers, nil
}

// weights are those of the tokens, for length-desensitised DPO; nil without.
func (t *dpo) weights(rows []pair) [][]float32 {
	if !t.c.LDAlpha.Given() {
		return nil
	}
	var c, r []int
	for _, p := range rows {
		c, r = append(c, p.chosen.counts()), append(r, p.rejected.counts())
	}
	return lossfn.LDWeights(c, r, t.c.LDAlpha.Or(1))
}

// reference are the log-probabilities of a batch under the reference, chosen and then rejected: (2B).
func (t *dpo) reference(b padded, weights [][]float32) (logps *tensor.Tensor) {
	t.ref.run(func(m *transformer.LM) {
		s := score(m, b, tensor.LogProbsOptions{})
		if weights != nil {
			logps = s.weighted(weights)
		} else {
			logps = s.sums()
		}
	})
	return logps
}

// loss is the loss of a batch of pairs.
func (t *dpo) loss(rows []pair, log *meter, training bool) *tensor.Tensor {
	n := len(rows)
	b := pad(sides(rows, false), writer{m: t.run.Model}.pad())
	weights := t.weights(rows)
	s := score(t.policy(), b, tensor.LogProbsOptions{SumP2: t.c.Weighting})
	logps := s.sums()
	if weights != nil {
		logps = s.weighted(weights)
	}
	p := lossfn.Pairs{Chosen: logps.Slice(0, n), Rejected: logps.Slice(n, 2*n), Divergence: t.divergence}
	p.RefChosen, p.RefRejected = t.references(rows, b, weights)
	for _, x := range rows {
		p.ChosenTokens, p.RejectedTokens = append(p.ChosenTokens, x.chosen.completionTokens()), append(p.RejectedTokens, x.rejected.completionTokens())
	}
	loss := t.mixture(p, s)
	log.add("entropy", s.entropy())
	t.count(b.real, b.real, len(b.IDs), log, training)
	log.add("logits/chosen", s.logit(0, n))
	log.add("logits/rejected", s.logit(n, 2*n))
	log.add("mean_token_accuracy", s.accuracy(0, n))
	comparison(log, scaled(values(p.ChosenRatio()), t.beta), scaled(values(p.RejectedRatio()), t.beta))
	log.add("logps/chosen", average(values(p.Chosen)))
	log.add("logps/rejected", average(values(p.Rejected)))
	return loss
}

// references are the log-probabilities of a batch under the reference.
func (t *dpo) references(rows []pair, b padded, weights [][]float32) (chosen, rejected *tensor.Tensor) {
	n := len(rows)
	if t.c.ReferenceFree {
		return nil, nil
	}
	if rows[0].refs != nil {
		chosen, rejected = tensor.New(n), tensor.New(n)
		for i, x := range rows {
			chosen.Data()[i], rejected.Data()[i] = x.refs[0], x.refs[1]
		}
		return chosen, rejected
	}
	ref := t.reference(b, weights)
	return ref.Slice(0, n), ref.Slice(n, 2*n)
}

// mixture adds up the losses of the config, each the mean over the pairs.
func (t *dpo) mixture(p lossfn.Pairs, s scored) *tensor.Tensor {
	var total, wpo *tensor.Tensor
	n := p.Chosen.Len()
	if t.c.Weighting {
		w := s.wpo()
		wpo = w.Slice(0, n).Mul(w.Slice(n, 2*n))
	}
	for i, name := range t.c.Losses {
		l := t.one(name, p, s)
		if wpo != nil {
			l = l.Mul(wpo)
		}
		l = l.Mean()
		if len(t.c.Weights) > 0 {
			l = l.Scale(float32(t.c.Weights[i]))
		}
		if total != nil {
			l = total.Add(l)
		}
		total = l
	}
	return total
}

// wpo are the weights of WPO of the rows of a batch.
func (s scored) wpo() *tensor.Tensor {
	var logp, sq []float32
	for i, y := range s.labels {
		if y != lossfn.Ignore {
			logp, sq = append(logp, s.LogP.Data()[i]), append(sq, s.LogSumP2[i])
		}
	}
	return lossfn.WPOWeights(logp, sq, s.counts())
}

// one is one loss of the mixture, (B).
func (t *dpo) one(name string, p lossfn.Pairs, s scored) *tensor.Tensor {
	switch name {
	case "hinge":
		return lossfn.Hinge(p, t.beta)
	case "ipo":
		return lossfn.IPO(p, t.beta)
	case "exo_pair":
		return lossfn.EXO(p, t.beta, t.c.LabelSmoothing)
	case "nca_pair":
		return lossfn.NCA(p, t.beta)
	case "robust":
		return lossfn.Robust(p, t.beta, t.c.LabelSmoothing)
	case "bco_pair":
		return lossfn.BCOPair(p, t.beta)
	case "sppo_hard":
		return lossfn.SPPO(p, t.beta)
	case "aot":
		return lossfn.AOT(p, t.beta, t.c.LabelSmoothing)
	case "aot_unpaired":
		return lossfn.AOTUnpaired(p, t.beta, t.c.LabelSmoothing)
	case "apo_zero":
		return lossfn.APOZero(p, t.beta)
	case "apo_down":
		return lossfn.APODown(p, t.beta)
	case "discopop":
		return lossfn.DiscoPOP(p, t.beta, t.c.DiscoPOPTau.Or(0.05))
	case "sigmoid_norm":
		return lossfn.NormalizedDPO(p, t.beta)
	case "sft":
		n := p.Chosen.Len()
		return s.nll(0, n).Add(tensor.New(n)) // one number for all pairs
	}
	return lossfn.DPO(p, t.beta)
}

// settings checks what only DPO has.
func (t *dpo) settings() error {
	c := &t.c
	bad := func(format string, args ...any) error {
		return fmt.Errorf("posttrain.DPOConfig: "+format, args...)
	}
	if len(c.Losses) == 0 {
		c.Losses = []string{"sigmoid"}
	}
	var err error
	if t.divergence, err = lossfn.DivergenceByName(c.Divergence, c.AlphaCoef.Or(0.5)); err != nil {
		return bad("Divergence: %w", err)
	}
	if err := checkBeta("DPOConfig", t.beta); err != nil {
		return err
	}
	if len(c.Weights) > 0 && len(c.Weights) != len(c.Losses) {
		return bad("Weights has %d numbers for %d Losses", len(c.Weights), len(c.Losses))
	}
	for _, l := range c.Losses {
		kind, ok := DPOLosses[l]
		switch {
		case !ok:
			return bad("Losses: %q is not known: use %s", l, lossNames())
		case t.divergence != nil && !kind.Divergence:
			return bad("Divergence %s cannot be used with the loss %s, in which its normaliser does not cancel", c.Divergence, l)
		case c.Weighting && (l == "aot" || l == "aot_unpaired"):
			return bad("Weighting cannot be used with the loss %s, which sorts the pairs", l)
		case l == "discopop" && !(c.DiscoPOPTau.Or(0.05) > 0):
			return bad("DiscoPOPTau is %v, it must be more than 0", c.DiscoPOPTau)
		case l == "exo_pair" && !(c.LabelSmoothing > 0 && c.LabelSmoothing < 1):
			return bad("LabelSmoothing is %v, the loss exo_pair needs one above 0 and below 1, such as 0.001", c.LabelSmoothing)
		case kind.Smoothing && !(c.LabelSmoothing >= 0 && c.LabelSmoothing < 0.5) && l != "exo_pair":
			return bad("LabelSmoothing is %v, the loss %s needs one of at least 0 and below 0.5", c.LabelSmoothing, l)
		}
	}
	if a := c.LDAlpha.Or(1); !(a >= 0 && a <= 1) {
		return bad("LDAlpha is %v, it must lie from 0 to 1", a)
	}
	if c.SyncEvery > 0 && (len(t.policy().Adapters()) > 0 || c.Precompute || c.ReferenceFree || c.Reference != nil) {
		return bad("SyncEvery moves a copy of the model that is the reference: it cannot be used with adapters, Precompute, ReferenceFree or another Reference")
	}
	if m := c.SyncMix.Or(0.6); !(m >= 0 && m <= 1) || c.SyncEvery < 0 {
		return bad("SyncEvery is %d and SyncMix %v: steps, and a share from 0 to 1", c.SyncEvery, m)
	}
	return nil
}

func checkBeta(config string, beta float64) error {
	if !(beta > 0) || bad(beta) {
		return fmt.Errorf("posttrain.%s: Beta is %v, it must be more than 0: at 0 nothing that the model says would matter to the loss", config, beta)
	}
	return nil
}
