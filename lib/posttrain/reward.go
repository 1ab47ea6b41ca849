package posttrain

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"

	"lyceum/lib/checkpoint"
	"lyceum/lib/datasets"
	"lyceum/lib/lossfn"
	"lyceum/lib/nn"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
	"lyceum/lib/tokenize"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// RewardConfig are the settings of Reward. Zero means as in SFTConfig.
type RewardConfig struct {
	LearningRate float64 // peak; 0: 1e-4
	Epochs       float64 // passes over the data; 0: 3
	MaxSteps     int     // more than 0: this many steps, whatever Epochs says
	BatchSize    int     // rows a forward pass; 0: 8
	Accumulation int     // forward passes a step; 0: 1
	MaxLength    int     // longer rows are left out; 0: 1024, or the model's context if that is shorter
	Warmup       float64 // steps in which the learning rate rises; below 1: a share of all steps
	Schedule     string  // of the learning rate; "": linear
	WeightDecay  float64
	MaxGradNorm  float64 // 0: 1.0; negative: no clipping
	Seed         uint64  // of the order of the data, and of a new head; 0: 42
	NEFTune      float64 // noise on the embeddings in training, as in SFT; 0: none

	Centering float64 // weight of the squared sum of the scores of a pair, which holds them near 0; 0: none

	Scorer  *transformer.Scorer // go on with a reward model (on model's own decoder); nil: a new head of random weights
	Adapter nn.AdapterConfig    // train an adapter and the head on the frozen model; nil: all parameters
	Dropout bool                // keep the dropout of adapters on; TRL switches it off
	Eval    *datasets.Set       // measured as Loop says
	Loop
}

// Reward trains a reward model, which is Run.Scorer: a copy of the model with a linear head at the last token. The columns of the
// data say what it learns: chosen and rejected (with a prompt, and a margin) to rank pairs, as TRL's RewardTrainer does; prompt,
// completion and label to tell right outcomes from wrong ones; prompt, completions and labels to judge every step. Metrics and
// defaults are TRL's.
func Reward(model *zoo.Model, data *datasets.Set, config RewardConfig) (_ *Run, err error) {
	work := stop.Begin()
	defer work.End(&err)
	if err := needed("Reward", model, data); err != nil {
		return nil, err
	}
	s, err := collect(config, 1e-4)
	if err != nil {
		return nil, err
	}
	if config.MaxLength, err = maxLength("RewardConfig", config.MaxLength, 1024, model); err != nil {
		return nil, err
	}
	if !(config.Centering >= 0) {
		return nil, fmt.Errorf("posttrain.RewardConfig: Centering is %v, it must be 0 or more", config.Centering)
	}
	form, err := formOf(data)
	if err != nil {
		return nil, err
	}
	t := &reward{c: config, form: form}
	if err := t.scorer(model, s); err != nil {
		return nil, err
	}
	t.teacher.loss = t.loss
	if t.train, err = t.encode(data); err != nil {
		return nil, err
	}
	t.run.noteRows(data, len(t.train))
	if config.Eval != nil {
		if t.eval, err = t.encode(config.Eval); err != nil {
			return nil, err
		}
	}
	t.order = newOrder(len(t.train), s)
	return t.run, train(work, t.run, t, s)
}

// The forms of a reward model.
const (
	ranking = "pairs"
	outcome = "outcomes"
	process = "steps"
)

func formOf(data *datasets.Set) (string, error) {
	switch {
	case data.Has("chosen") && data.Has("rejected"):
		return ranking, nil
	case data.Has("prompt") && data.Has("completions") && data.Has("labels"):
		return process, nil
	case data.Has("prompt") && data.Has("completion") && data.Has("label"):
		return outcome, nil
	}
	return "", fmt.Errorf("posttrain.Reward: %s has neither chosen and rejected, nor prompt, completion and label, nor prompt, completions and labels; it has %v", data.Name, data.Columns())
}

// judged is a row of a reward model's data.
type judged struct {
	chosen, rejected []int32 // chosen alone where there is no pair
	margin           float32
	hasMargin        bool
	right            bool
	steps            []int32 // a class for every token that ends a step, Ignore elsewhere
}

// reward is the task of Reward.
type reward struct {
	teacher[judged]
	c    RewardConfig
	form string
}

func (t *reward) dropout() bool { return t.c.Dropout }

// scorer makes the model with its head.
func (t *reward) scorer(model *zoo.Model, s settings) error {
	labels := 1
	if t.form == process {
		labels = 2
	}
	sc := t.c.Scorer
	if sc == nil {
		m, err := learner("Reward", model, nil, s)
		if err != nil {
			return err
		}
		sc = transformer.NewScorer(m.LM, labels, s.Seed)
	} else if !s.InPlace {
		sc = sc.Clone()
	}
	m := &zoo.Model{Name: model.Name + " + Reward", Origin: model.Origin, LM: sc.LM, Tok: model.Tok}
	sc.Pad = writer{m: m}.pad()
	if n := sc.Score.Weight.Dim(0); n != labels {
		return fmt.Errorf("posttrain.Reward: the score head has %d outputs, %s need %d", n, t.form, labels)
	}
	if t.c.Adapter != nil {
		if err := sc.AddAdapter("default", t.c.Adapter); err != nil {
			return fmt.Errorf("posttrain.Reward: Adapter: %w", err)
		}
	}
	t.run = &Run{Method: "Reward", Model: m, Scorer: sc, Config: t.c}
	t.s = s
	return nil
}

// encode turns rows into tokens; those that are longer than MaxLength are left out, as in TRL.
func (t *reward) encode(data *datasets.Set) ([]judged, error) {
	var out []judged
	for i := range data.Len() {
		j, err := t.row(data.Row(i), data)
		if err != nil {
			return nil, fmt.Errorf("posttrain.Reward: %s: %w", data.Where(i), err)
		}
		if max(len(j.chosen), len(j.rejected)) <= t.c.MaxLength {
			out = append(out, j)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("posttrain.Reward: %s has no row of at most MaxLength %d tokens: nothing can be learned", data.Name, t.c.MaxLength)
	}
	return out, nil
}

func (t *reward) row(r datasets.Row, set *datasets.Set) (j judged, err error) {
	w := writer{m: t.run.Model}
	names := func(column string) []string {
		if set.Has("prompt") {
			return []string{"prompt", column}
		}
		return []string{column}
	}
	switch t.form {
	case process:
		return w.steps(r)
	case outcome:
		if j.right, err = r.Bool("label"); err == nil {
			j.chosen, _, err = w.column(r, false, names("completion")...)
		}
	default:
		var m float64
		if m, j.hasMargin, err = r.Number("margin"); err != nil {
			return j, err
		}
		j.margin = float32(m)
		if j.chosen, _, err = w.column(r, false, names("chosen")...); err == nil {
			j.rejected, _, err = w.column(r, false, names("rejected")...)
		}
		if err == nil && len(j.rejected) == 0 {
			err = fmt.Errorf("column rejected: the row has no token")
		}
	}
	if err == nil && len(j.chosen) == 0 {
		err = fmt.Errorf("column chosen or completion: the row has no token")
	}
	return j, err
}

// steps writes a prompt and its steps, one line each; the end of each line is where the step is judged.
func (w writer) steps(r datasets.Row) (j judged, err error) {
	prompt, err := r.Text("prompt")
	if err != nil {
		return j, err
	}
	steps, ok := r.Columns["completions"].([]any)
	labels, ok2 := r.Columns["labels"].([]any)
	if !ok || !ok2 || len(steps) == 0 || len(steps) != len(labels) {
		return j, fmt.Errorf("columns completions and labels must be lists of the same length, of strings and of true or false")
	}
	j.chosen = w.text(prompt)
	for range j.chosen {
		j.steps = append(j.steps, lossfn.Ignore)
	}
	for i, s := range steps {
		text, ok := s.(string)
		if !ok {
			return j, fmt.Errorf("column completions[%d] must be a string", i)
		}
		right, err := (datasets.Row{Columns: map[string]any{"labels": labels[i]}}).Bool("labels")
		if err != nil {
			return j, fmt.Errorf("[%d]: %w", i, err)
		}
		for _, id := range w.m.Tok.Encode(text + "\n") {
			j.chosen, j.steps = append(j.chosen, id), append(j.steps, lossfn.Ignore)
		}
		j.steps[len(j.steps)-1] = 0
		if right {
			j.steps[len(j.steps)-1] = 1
		}
	}
	return j, nil
}

// batch pads rows: first the chosen ones, then the rejected ones.
func (t *reward) batch(rows []judged) (b transformer.Batch, tokens int) {
	var list [][]int32
	for _, r := range rows {
		list = append(list, r.chosen)
	}
	if t.form == ranking {
		for _, r := range rows {
			list = append(list, r.rejected)
		}
	}
	for _, ids := range list {
		tokens += len(ids)
	}
	return transformer.Pad(list, writer{m: t.run.Model}.pad()), tokens
}

func (t *reward) loss(rows []judged, log *meter, training bool) *tensor.Tensor {
	b, tokens := t.batch(rows)
	t.count(tokens, tokens, len(b.IDs), log, training)
	switch t.form {
	case outcome:
		return t.outcomes(rows, t.run.Scorer.Scores(b), log)
	case process:
		return t.process(rows, b, log)
	}
	n := len(rows)
	scores := t.run.Scorer.Scores(b)
	chosen, rejected := scores.Slice(0, n), scores.Slice(n, 2*n)
	var margin *tensor.Tensor
	if rows[0].hasMargin {
		margin = tensor.New(n)
		for i, r := range rows {
			margin.Data()[i] = r.margin
		}
	}
	loss := lossfn.BradleyTerry(chosen, rejected, margin).Mean()
	if t.c.Centering > 0 {
		loss = loss.Add(lossfn.Centering(chosen, rejected).Mean().Scale(float32(t.c.Centering)))
	}
	extremes(log, values(scores))
	right, gap := 0.0, 0.0
	for i := range n {
		c, r := chosen.Data()[i], rejected.Data()[i]
		if c > r {
			right++
		}
		gap += float64(c) - float64(r)
	}
	log.add("accuracy", right/float64(n))
	log.add("margin", gap/float64(n))
	return loss
}

// extremes logs the least, the mean and the largest score.
func extremes(log *meter, scores []float64) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range scores {
		low, high = math.Min(low, x), math.Max(high, x)
	}
	log.add("min_reward", low)
	log.add("mean_reward", average(scores))
	log.add("max_reward", high)
}

func (t *reward) outcomes(rows []judged, scores *tensor.Tensor, log *meter) *tensor.Tensor {
	right := make([]bool, len(rows))
	hits := 0.0
	for i, r := range rows {
		right[i] = r.right
		if scores.Data()[i] > 0 == r.right {
			hits++
		}
	}
	extremes(log, values(scores))
	log.add("accuracy", hits/float64(len(rows)))
	return lossfn.OutcomeReward(scores, right).Mean()
}

func (t *reward) process(rows []judged, b transformer.Batch, log *meter) *tensor.Tensor {
	var at, classes []int32
	for i, r := range rows {
		for k, c := range r.steps {
			if c != lossfn.Ignore {
				at, classes = append(at, int32(i*b.Length+k)), append(classes, c)
			}
		}
	}
	scores := tensor.Embedding(t.run.Scorer.TokenScores(b), at)
	hits := 0.0
	for i, c := range scores.Argmax() {
		if c == classes[i] {
			hits++
		}
	}
	log.add("accuracy", hits/float64(len(classes)))
	return lossfn.ProcessReward(scores, classes)
}

// Score returns the score of a reward model for each conversation, as it was trained to see them: with the model's chat template.
func (r *Run) Score(conversations ...[]tokenize.Message) ([]float64, error) {
	if r.Scorer == nil {
		return nil, fmt.Errorf("posttrain.Run.Score: a run of %s has no reward model", r.Method)
	}
	var list [][]int32
	for i, c := range conversations {
		ids, _, err := writer{m: r.Model}.chat(c, false, datasets.Row{})
		if err != nil {
			return nil, fmt.Errorf("posttrain.Run.Score: conversation %d: %w", i, err)
		}
		list = append(list, ids)
	}
	var out []float64
	tensor.NoGrad(func() { out = values(r.Scorer.Scores(transformer.Pad(list, writer{m: r.Model}.pad()))) })
	return out, nil
}

// LoadReward reads a folder as the start of a reward model: a reward model, or a language model that gets a new head of random
// weights from seed.
// With the folder of an adapter, the reward model that it belongs to has the adapter on.
func LoadReward(folder string, seed uint64) (*zoo.Model, *transformer.Scorer, error) {
	base, adapted := checkpoint.AdapterBase(folder)
	if !adapted {
		base = folder
	}
	s, err := checkpoint.LoadScorer(base, 1, seed)
	if err == nil && adapted {
		err = checkpoint.LoadAdapter(folder, s.LM, "default")
	}
	if err != nil {
		return nil, nil, err
	}
	tok, err := tokenize.FromFolder(folder)
	if errors.Is(err, fs.ErrNotExist) && adapted { // PEFT alone does not write it
		tok, err = tokenize.FromFolder(base)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("posttrain.LoadReward: %w", err)
	}
	return &zoo.Model{Name: filepath.Base(folder), Origin: base, LM: s.LM, Tok: tok}, s, nil
}
