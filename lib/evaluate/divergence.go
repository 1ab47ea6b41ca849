package evaluate

import (
	"fmt"
	"math"
	"slices"

	"lyceum/lib/sampling"
	"lyceum/lib/tokenize"
	"lyceum/lib/zoo"
	"lyceum/plotting"
)

// KLConfig says on which texts two models are compared.
type KLConfig struct {
	MaxNewTokens int     // of each answer; 0: 64
	Temperature  float64 // with which answers are drawn; 0: 1
	Samples      int     // answers to each prompt; 0: 1
	Seed         uint64
	Chat         bool // the prompts are questions, to be put into the chat template
}

// A Divergence is how far a model has moved from its base, on its own answers.
type Divergence struct {
	Model, Base string
	PerToken    float64 // mean over tokens, nats
	PerAnswer   float64 // mean over answers of the sum, nats
	// The 95% interval of PerToken, by answers.
	Low, High float64
	Tokens    int
	Answers   []AnswerDivergence
}

// An AnswerDivergence is of one answer.
type AnswerDivergence struct {
	Prompt string
	IDs    []int32
	Tokens []string
	KL     []float64 // at each token, nats
}

// MeasureKL lets a model answer prompts and compares, at each place of its answers, its distribution p over the next token
// with that of the base, q, at temperature 1:
//
//	KL(p || q) = sum_v p(v) log(p(v)/q(v)),  in nats, exactly over the vocabulary
//
// Answers are drawn from the model, so the mean is an estimate of the KL in RLHF's objective (Ouyang et al. 2022,
// arXiv:2203.02155, eq. 2). The error is models with different vocabularies, or a prompt without room.
func MeasureKL(m, base *zoo.Model, prompts []string, c KLConfig) (*Divergence, error) {
	if m.LM.Config.Vocab != base.LM.Config.Vocab {
		return nil, fmt.Errorf("evaluate.MeasureKL: %s has %d tokens and %s %d: the distributions cannot be compared", m.Name, m.LM.Config.Vocab, base.Name, base.LM.Config.Vocab)
	}
	ids, err := promptIDs(m, prompts, c.Chat)
	if err != nil {
		return nil, err
	}
	o := sampling.Options{MaxNewTokens: c.MaxNewTokens, Temperature: c.Temperature, Samples: max(1, c.Samples), Seed: c.Seed, Stop: m.Options(c.Chat).Stop, KeepStop: true}
	if o.Temperature == 0 {
		o.Temperature = 1
	}
	out, err := sampling.Generate(m.LM, ids, o)
	if err != nil {
		return nil, err
	}
	d := &Divergence{Model: m.Name, Base: base.Name}
	var means []float64
	for i, a := range out {
		prompt := ids[i/o.Samples]
		kl, err := KLAt(m, base, slices.Concat(prompt, a.IDs), len(prompt))
		if err != nil {
			return nil, err
		}
		sum := 0.0
		for _, x := range kl {
			sum += x
		}
		d.Answers = append(d.Answers, AnswerDivergence{Prompt: prompts[i/o.Samples], IDs: a.IDs, Tokens: m.Tok.Tokens(a.IDs), KL: kl})
		d.PerAnswer += sum / float64(len(out))
		d.PerToken += sum
		d.Tokens += len(kl)
		if len(kl) > 0 {
			means = append(means, sum/float64(len(kl)))
		}
	}
	d.PerToken /= math.Max(1, float64(d.Tokens))
	mean, lo, hi := meanInterval(means)
	d.Low, d.High = math.Max(0, lo-mean+d.PerToken), hi-mean+d.PerToken
	return d, nil
}

// promptIDs is the tokens of prompts, or of questions in the chat template.
func promptIDs(m *zoo.Model, prompts []string, chat bool) ([][]int32, error) {
	out := make([][]int32, len(prompts))
	for i, p := range prompts {
		if !chat {
			out[i] = m.Prompt(p)
			continue
		}
		c, err := m.ChatPrompt([]tokenize.Message{{Role: "user", Content: p}}, tokenize.ChatOptions{AddGenerationPrompt: true})
		if err != nil {
			return nil, err
		}
		out[i] = c.IDs
	}
	return out, nil
}

// KLAt returns KL(m || base) of the distributions of each token of ids from number from on, in nats.
func KLAt(m, base *zoo.Model, ids []int32, from int) ([]float64, error) {
	if from < 1 || from > len(ids) {
		return nil, fmt.Errorf("evaluate.KLAt: from token %d of %d: the first has no distribution", from, len(ids))
	}
	d, err := m.Decoder("")
	if err != nil {
		return nil, err
	}
	b, err := base.Decoder("")
	if err != nil {
		return nil, err
	}
	v := m.LM.Config.Vocab
	q := make([]float64, v)
	rows := make([][]float64, 0, len(ids)-from) // the one model's while the other's are computed
	err = sampling.EachPosition(d, ids, func(at int, z []float32) error {
		if at < from-1 || at == len(ids)-1 {
			return nil
		}
		row := make([]float64, v)
		rows = append(rows, row)
		return sampling.LogSoftmax(row, z)
	})
	if err != nil {
		return nil, err
	}
	var out []float64
	err = sampling.EachPosition(b, ids, func(at int, z []float32) error {
		if at < from-1 || at == len(ids)-1 {
			return nil
		}
		if err := sampling.LogSoftmax(q, z); err != nil {
			return err
		}
		kl := 0.0
		for i, x := range rows[at-from+1] {
			if w := math.Exp(x); w > 0 {
				kl += w * (x - q[i])
			}
		}
		out = append(out, math.Max(0, kl))
		return nil
	})
	return out, err
}

// Measures is what a table shows.
func (d *Divergence) Measures() []Measure {
	t := number(fmt.Sprintf("KL of %s to %s per token, nats", d.Model, d.Base), d.PerToken, d.Tokens)
	t.Low, t.High = d.Low, d.High
	return []Measure{t, number("the same per answer", d.PerAnswer, len(d.Answers))}
}

// String is a line for each measure.
func (d *Divergence) String() string { return NewReport("divergence", d).String() }

// HTML is the table of the measures, and the first answers with the divergence at each token as colour.
func (d *Divergence) HTML() string {
	out := NewReport("divergence", d).HTML()
	for i, a := range d.Answers {
		if i == 3 {
			break
		}
		out += plotting.Tokens(a.Prompt, a.Tokens, a.KL).HTML()
	}
	return out
}

// Plot draws the distribution of the divergence over tokens.
func (d *Divergence) Plot() *plotting.Figure {
	var all []float64
	for _, a := range d.Answers {
		all = append(all, a.KL...)
	}
	return plotting.Histogram(fmt.Sprintf("KL of %s to %s at each token", d.Model, d.Base), "nats", all, 30)
}
