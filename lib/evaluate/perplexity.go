package evaluate

import (
	"fmt"
	"math"

	"lyceum/lib/sampling"
	"lyceum/lib/stop"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// PerplexityConfig says how a text that is longer than the model's context is read.
type PerplexityConfig struct {
	Window  int    // tokens that the model sees at once; 0: its context
	Stride  int    // tokens by which the window moves; 0: half of it
	Weights string // how the weights are held: "float32" (or empty), "bf16", "int8", "int4"
}

// Perplexity is how well a model predicts texts.
type Perplexity struct {
	Model  string
	NLL    float64 // mean -log p of a token, nats
	Tokens int     // that were predicted
	Bytes  int     // of the texts
	Texts  []TextPerplexity
}

// A TextPerplexity is of one text.
type TextPerplexity struct {
	NLL    float64 // mean, nats; NaN if nothing was predicted
	Tokens int
}

// Value is exp(NLL).
func (p *Perplexity) Value() float64 { return math.Exp(p.NLL) }

// BitsPerByte is the information of the tokens over the bytes of the texts: comparable between tokenizers.
func (p *Perplexity) BitsPerByte() float64 {
	return p.NLL * float64(p.Tokens) / math.Ln2 / float64(p.Bytes)
}

// MeasurePerplexity predicts each token of the texts but the first from those before it:
//
//	perplexity = exp(-1/N sum_t log p(x_t | x_<t))
//
// In a text longer than the window, the window moves by Stride, and each token counts once, in the first window that holds
// it; so it is predicted from at least Window-Stride tokens, except at the beginning (as Transformers' documentation of
// fixed-length models has it).
func MeasurePerplexity(m *zoo.Model, texts []string, c PerplexityConfig) (*Perplexity, error) {
	d, err := m.Decoder(c.Weights)
	if err != nil {
		return nil, err
	}
	if c.Window == 0 {
		c.Window = m.LM.Config.Context
	}
	if c.Stride == 0 {
		c.Stride = max(1, c.Window/2)
	}
	if c.Window < 2 || c.Window > m.LM.Config.Context || c.Stride < 1 || c.Stride >= c.Window {
		return nil, fmt.Errorf("evaluate.MeasurePerplexity: a window of %d moved by %d: the window must be 2 to %d (the context), the stride 1 to less than the window", c.Window, c.Stride, m.LM.Config.Context)
	}
	p := &Perplexity{Model: m.Name}
	sum := 0.0
	for _, t := range texts {
		total, n, err := slidingNLL(d, m.Prompt(t), c)
		if err != nil {
			return nil, err
		}
		p.Texts = append(p.Texts, TextPerplexity{total / float64(n), n})
		p.Tokens, p.Bytes, sum = p.Tokens+n, p.Bytes+len(t), sum+total
	}
	if p.Tokens == 0 {
		return nil, fmt.Errorf("evaluate.MeasurePerplexity: no text has two tokens")
	}
	p.NLL = sum / float64(p.Tokens)
	return p, nil
}

// slidingNLL is the sum of -log p over the tokens of a text, and how many there are.
func slidingNLL(d *transformer.Decoder, ids []int32, c PerplexityConfig) (sum float64, n int, err error) {
	done := 1 // tokens that have been predicted, or cannot be
	for at := 0; done < len(ids); at += c.Stride {
		if stop.Requested() {
			return 0, 0, stop.ErrInterrupted
		}
		end := min(at+c.Window, len(ids))
		s, err := sampling.Score(d, ids[at:end], 0)
		if err != nil {
			return 0, 0, err
		}
		for _, x := range s.LogProbs[done-at-1:] {
			sum -= x
			n++
		}
		done = end
	}
	return sum, n, nil
}

// Measures is what a table shows. The interval is over texts.
func (p *Perplexity) Measures() []Measure {
	ppl := number("perplexity, "+p.Model, p.Value(), p.Tokens)
	var each []float64
	for _, t := range p.Texts {
		if t.Tokens > 0 {
			each = append(each, t.NLL)
		}
	}
	if len(each) > 1 {
		_, lo, hi := meanInterval(each)
		mean := 0.0
		for _, x := range each {
			mean += x / float64(len(each))
		}
		// The interval of the texts' mean, moved to where the mean over tokens is.
		ppl.Low, ppl.High = math.Exp(lo-mean+p.NLL), math.Exp(hi-mean+p.NLL)
	}
	return []Measure{ppl, number("bits per byte, "+p.Model, p.BitsPerByte(), p.Bytes)}
}

// String is a line for each measure.
func (p *Perplexity) String() string { return NewReport("perplexity", p).String() }

// HTML is the table of the measures.
func (p *Perplexity) HTML() string { return NewReport("perplexity", p).HTML() }
