package posttrain

import (
	"fmt"
	"math"

	"lyceum/lib/datasets"
	"lyceum/lib/lossfn"
	"lyceum/lib/nn"
	"lyceum/lib/sampling"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// DistillationConfig are the settings of Distillation. A field that is left zero gets TRL's default where zero would make no
// sense; where zero means something, zero is what you get, and an Opt that is left out is TRL's default.
type DistillationConfig struct {
	LearningRate float64 // peak; 0: 1e-6
	Epochs       float64 // passes over the prompts; 0: 3
	MaxSteps     int     // more than 0: this many steps, whatever Epochs says
	BatchSize    int     // completions a forward pass; 0: 8
	Accumulation int     // forward passes a step; 0: 1
	Warmup       float64 // steps in which the learning rate rises; below 1: a share of all steps; 0: none
	Schedule     string  // of the learning rate: "linear", "cosine", ... (optim.Schedules); "": linear
	WeightDecay  float64 // 0: none
	MaxGradNorm  float64 // gradients are scaled down to this norm; 0: 1.0; negative: no clipping
	Seed         uint64  // of the order of the prompts and of the completions; 0: 42
	NEFTune      float64 // noise on the embeddings in training, as in SFT; 0: none. In TRL it acts while completions are drawn as well

	MaxNewTokens int               // of a completion; 0: 512, or half the model's context if that is less
	Temperature  float64           // of sampling, and of both distributions; 0: 1
	TopP         float64           // 0: all tokens
	TopK         int               // 0: all tokens
	MinP         float64           // 0: all tokens
	Penalty      float64           // of repetition; 0: none
	Sampling     *sampling.Options // how completions are drawn, instead of the fields above (TRL's generation_kwargs); the loss keeps Temperature; nil: as the fields say
	InOrder      bool              // the prompts come as they stand in the data set and are not shuffled

	Beta        Opt  // of the divergence: 1 reverse, 0 forward, between them the generalised Jensen-Shannon one; 1
	OnPolicy    Opt  // share of the batches that the student completes itself; the others take column completion (GKD's lambda); 1
	FromTeacher bool // those others are completed by the teacher instead (sequence-level distillation; Kim and Rush 2016, arXiv:1606.07947)

	Adapter      nn.AdapterConfig // train an adapter on the frozen model, as in SFTConfig
	Rollouts     string           // a file of saved rollouts to learn from instead of sampling
	SaveRollouts string           // a file that the rollouts are written to
	Eval         *datasets.Set    // prompts that are measured as Loop says, on completions of the student
	Loop
}

// Distillation trains a copy of the student to predict as the teacher does, on completions that the student draws itself, so
// that it learns where its own words lead it (Agarwal et al. 2023, arXiv:2306.13649). The loss is lossfn.JSD at each token of
// the completions, averaged over the tokens of the step; there is no reward. Both models must have the same vocabulary.
// Settings and metrics are those of TRL's DistillationTrainer; OnPolicy and FromTeacher are of its GKDTrainer, whose defaults
// are Beta 0.5, OnPolicy 0.5, Temperature 0.9 and 128 tokens. Adapters and interrupts are as in GRPO.
func Distillation(student, teacher *zoo.Model, prompts *datasets.Set, config DistillationConfig) (_ *Run, err error) {
	work := stop.Begin()
	defer work.End(&err)
	if err := needed("Distillation", student, prompts); err != nil {
		return nil, err
	}
	s, err := collect(config, 1e-6)
	if err != nil {
		return nil, err
	}
	c, err := config.withDefaults(student, teacher)
	if err != nil {
		return nil, err
	}
	m, err := learner("Distillation", student, config.Adapter, s)
	if err != nil {
		return nil, err
	}
	r := &Run{Method: "Distillation", Model: m, Config: config}
	draw, err := drawing("DistillationConfig", r.Model, sampling.Options{MaxNewTokens: c.MaxNewTokens, Temperature: c.Temperature, TopP: c.TopP, TopK: c.TopK, MinP: c.MinP, Penalty: c.Penalty}, c.Sampling, c.Rollouts == "" || c.Eval != nil)
	if err != nil {
		return nil, err
	}
	o, err := newSource(r, s, prompts, sourceSettings{group: 1, perGeneration: s.BatchSize * s.Accumulation, shuffle: !c.InOrder, draw: draw, whole: c.Sampling != nil, temperature: c.Temperature, replays: c.Rollouts != ""})
	if err != nil {
		return nil, err
	}
	o.given = givenCompletions{share: 1 - c.OnPolicy.Or(1), teacher: nil}
	if c.FromTeacher {
		o.given.teacher = teacher.LM
	}
	if err := o.readGiven(); err != nil {
		return nil, err
	}
	if err := o.open(c.Rollouts, c.SaveRollouts); err != nil {
		return nil, err
	}
	defer o.close()
	x, err := newExam(r, s, c.Eval, sourceSettings{group: 1, perGeneration: 1, draw: draw}, c.Rollouts)
	if err != nil {
		return nil, err
	}
	return r, train(work, r, &distillation{run: r, s: s, c: c, source: o, teacher: teacher.LM, exam: x}, s)
}

func (c DistillationConfig) withDefaults(student, teacher *zoo.Model) (DistillationConfig, error) {
	fill(&c.MaxNewTokens, min(512, max(1, student.LM.Config.Context/2)))
	fill(&c.Temperature, 1)
	bad := func(field string, v any, want string) (DistillationConfig, error) {
		return c, fmt.Errorf("posttrain.DistillationConfig: %s is %v, it must be %s", field, v, want)
	}
	b, on := c.Beta.Or(1), c.OnPolicy.Or(1)
	switch {
	case teacher == nil:
		return c, fmt.Errorf("posttrain.Distillation: there is no teacher")
	case teacher.LM.Config.Vocab != student.LM.Config.Vocab:
		return c, fmt.Errorf("posttrain.Distillation: the teacher has %d tokens, the student %d: their distributions cannot be compared", teacher.LM.Config.Vocab, student.LM.Config.Vocab)
	case teacher.LM.Config.Context < student.LM.Config.Context && teacher.LM.Config.Context < c.MaxNewTokens:
		return bad("MaxNewTokens", c.MaxNewTokens, fmt.Sprintf("below the teacher's context, %d", teacher.LM.Config.Context))
	case !roomFor(c.MaxNewTokens, student, c.Rollouts == "" || c.Eval != nil):
		return bad("MaxNewTokens", c.MaxNewTokens, fmt.Sprintf("from 1 to below the model's context, %d", student.LM.Config.Context))
	case !(c.Temperature > 0) || math.IsInf(c.Temperature, 0):
		return bad("Temperature", c.Temperature, "more than 0")
	case !(b >= 0 && b <= 1):
		return bad("Beta", b, "from 0 to 1")
	case !(on >= 0 && on <= 1):
		return bad("OnPolicy", on, "from 0 to 1")
	}
	return c, nil
}

// distillation is the task.
type distillation struct {
	run     *Run
	s       settings
	c       DistillationConfig
	source  *source
	teacher *transformer.LM
	gen     *generation
	exam
}

func (t *distillation) params() []nn.Param { return t.run.trainable() }

func (t *distillation) size() int { return t.source.order.batches() * t.s.Accumulation }

func (t *distillation) window(epoch, first, n int) ([]micro, error) {
	var out []micro
	for k := first; k < first+n; k++ {
		at := k % t.s.Accumulation
		fresh := at == 0 || t.gen == nil
		if fresh {
			g, err := t.source.next(epoch, k/t.s.Accumulation, t.run.done+1)
			if err != nil {
				return nil, err
			}
			for _, e := range g.rows {
				e.old = nil
				g.tokens += float64(e.length())
			}
			t.source.samples(g)
			if err := t.source.save(g, t.run.done+1, t.s.BatchSize*t.s.Accumulation); err != nil {
				return nil, err
			}
			t.gen = g
		}
		g := t.gen
		rows := g.micro(at, t.s.BatchSize)
		out = append(out, micro{rows: len(rows), loss: func(log *meter) *tensor.Tensor {
			if fresh {
				g.write(log)
			}
			return t.loss(g, rows, log)
		}})
	}
	return out, nil
}

// loss compares both models at the tokens of a micro-batch.
func (t *distillation) loss(g *generation, rows []*episode, log *meter) *tensor.Tensor {
	b, _, _, _ := layout(rows)
	var at []int32
	for i, e := range rows {
		for k := range e.ids {
			if e.counts(k) {
				at = append(at, int32(i*b.Length+len(e.prompt)-1+k))
			}
		}
	}
	student := scoresAt(t.run.Model.LM, b, at)
	var teacher *tensor.Tensor
	tensor.NoGrad(func() { teacher = scoresAt(t.teacher, b, at) })
	addNumber(log, "entropy", meanEntropy(student.Data(), student.Dim(1), t.c.Temperature))
	return lossfn.JSD(student, teacher, t.c.Beta.Or(1), t.c.Temperature).Sum().Scale(float32(1 / math.Max(1, g.tokens)))
}

// scoresAt are a model's scores at some positions of a batch.
func scoresAt(m *transformer.LM, b transformer.Batch, at []int32) *tensor.Tensor {
	return m.Scores(tensor.Embedding(m.Hidden(b), at))
}

// meanEntropy is that of softmax(scores / temperature), in nats, over the rows.
func meanEntropy(scores []float32, v int, temperature float64) float64 {
	sum, rows := 0.0, len(scores)/v
	for r := range rows {
		row := scores[r*v:][:v]
		most := math.Inf(-1)
		for _, z := range row {
			most = math.Max(most, float64(z)/temperature)
		}
		total, weighted := 0.0, 0.0
		for _, z := range row {
			e := math.Exp(float64(z)/temperature - most)
			total, weighted = total+e, weighted+e*(float64(z)/temperature-most)
		}
		sum += math.Log(total) - weighted/total
	}
	return sum / math.Max(1, float64(rows))
}
