package posttrain

import (
	"lyceum/lib/datasets"
	"lyceum/lib/lossfn"
	"lyceum/lib/nn"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
	"lyceum/lib/zoo"
)

// ORPOConfig are the settings of ORPO. Zero means as in SFTConfig.
type ORPOConfig struct {
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

	Beta Opt // weight of the odds ratio, the paper's lambda; left out: 0.1

	Adapter nn.AdapterConfig // train an adapter on the frozen model, as in SFTConfig
	Dropout bool             // keep the dropout of adapters on; TRL switches it off
	Eval    *datasets.Set    // measured as Loop says
	Loop
}

// ORPO trains a copy of the model on preferences and their chosen rows at once, without a reference model. Rows are those of DPO.
// Loss, metrics and defaults are those of TRL's ORPOTrainer: the likelihood is that of prompt and chosen completion together.
func ORPO(model *zoo.Model, data *datasets.Set, config ORPOConfig) (_ *Run, err error) {
	work := stop.Begin()
	defer work.End(&err)
	if err := needed("ORPO", model, data); err != nil {
		return nil, err
	}
	s, err := collect(config, 1e-6)
	if err != nil {
		return nil, err
	}
	if err := checkBeta("ORPOConfig", config.Beta.Or(0.1)); err != nil {
		return nil, err
	}
	t := &orpo{c: config, beta: config.Beta.Or(0.1)}
	return freely(work, "ORPO", model, data, config.Eval, config.Adapter, config.MaxLength, s, config, &t.teacher, t, t.loss)
}

// orpo is the task of ORPO.
type orpo struct {
	teacher[pair]
	c    ORPOConfig
	beta float64
}

func (t *orpo) dropout() bool { return t.c.Dropout }

func (t *orpo) loss(rows []pair, log *meter, training bool) *tensor.Tensor {
	n := len(rows)
	list := sides(rows, false)
	b := pad(list, writer{m: t.run.Model}.pad()).reading()
	whole := append([]int32(nil), b.labels...) // labels of the chosen rows with their prompts
	for i, s := range list[:n] {
		copy(whole[i*b.Length:], sample{ids: s.ids, labels: s.ids}.shifted())
	}
	labels := b.labels
	b.labels = whole
	s, hidden := scoreHidden(t.policy(), b, tensor.LogProbsOptions{})
	nll := s.nll(0, n)
	logps := s.only(labels).means()
	chosen, rejected := logps.Slice(0, n), logps.Slice(n, 2*n)
	loss, odds := lossfn.ORPO(chosen, rejected, t.beta)
	comparison(log, t.looked(scaled(values(chosen), t.beta)), t.looked(scaled(values(rejected), t.beta)))
	t.seen(log, b, hidden, n, true, chosen, rejected, float64(nll.Item()))
	log.add("log_odds_ratio", -average(values(loss))/t.beta)
	log.add("log_odds_chosen", average(values(odds)))
	return nll.Add(loss.Mean())
}

// only is what was scored at the positions of some of the labels.
func (s scored) only(labels []int32) scored {
	keep := tensor.New(len(labels))
	for i, y := range labels {
		if y != lossfn.Ignore {
			keep.Data()[i] = 1
		}
	}
	some := *s.TokenScores
	some.LogP = s.LogP.Mul(keep)
	return scored{s.rows, s.length, labels, &some}
}
