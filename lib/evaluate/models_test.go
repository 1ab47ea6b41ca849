package evaluate

import (
	"math"
	"strings"
	"testing"

	"lyceum/lib/datasets"
	"lyceum/lib/sampling"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

// Perplexities of the same tokens in different windows must agree to this, in nats per token.
const nllTolerance = 1e-4

// stories are of the world that the base model knows.
var stories = strings.Split(strings.TrimSuffix(datasets.Corpus(7, 1200, "|"), "|"), "|")

func TestPerplexityIsTheMeanOverAllTokens(t *testing.T) {
	m := zoo.Base()
	p, err := MeasurePerplexity(m, stories, PerplexityConfig{})
	if err != nil {
		t.Fatal(err)
	}
	sum, n, bytes := 0.0, 0, 0
	for _, s := range stories {
		ids := m.Prompt(s)
		targets := append(append([]int32{}, ids[1:]...), -1)
		for _, x := range m.LM.NLL(transformer.Batch{IDs: ids, Rows: 1, Length: len(ids)}, targets).Data() {
			sum += float64(x)
		}
		n += len(ids) - 1
		bytes += len(s)
	}
	close(t, "NLL", p.NLL, sum/float64(n), nllTolerance)
	close(t, "perplexity", p.Value(), math.Exp(sum/float64(n)), nllTolerance)
	close(t, "bits per byte", p.BitsPerByte(), sum/math.Ln2/float64(bytes), nllTolerance)
	if p.Tokens != n || !strings.Contains(p.String(), "perplexity, base") {
		t.Errorf("%+v", p)
	}
	// An untrained model knows nothing: perplexity near the size of the vocabulary.
	c := m.LM.Config
	blank := &zoo.Model{Name: "blank", LM: transformer.New(c, 1), Tok: m.Tok}
	q, err := MeasurePerplexity(blank, stories, PerplexityConfig{})
	if err != nil || q.Value() < 0.5*float64(c.Vocab) || q.Value() > 2*float64(c.Vocab) || p.Value() > 0.05*q.Value() {
		t.Errorf("untrained %v, trained %v, %d tokens, %v", q.Value(), p.Value(), c.Vocab, err)
	}
}

func TestPerplexityOfALongText(t *testing.T) {
	m := zoo.Base()
	long := strings.Repeat(stories[0]+" "+stories[2]+" ", 3)
	ids := m.Prompt(long)
	c := PerplexityConfig{Window: 20, Stride: 7}
	p, err := MeasurePerplexity(m, []string{long}, c)
	if err != nil {
		t.Fatal(err)
	}
	// Token t is predicted from the first window that holds it.
	d, _ := m.Decoder("")
	sum := 0.0
	for at := 1; at < len(ids); at++ {
		begin := 0
		for begin+c.Window <= at {
			begin += c.Stride
		}
		s, err := sampling.Score(d, ids[begin:at+1], 0)
		if err != nil {
			t.Fatal(err)
		}
		sum -= s.LogProbs[len(s.LogProbs)-1]
	}
	close(t, "NLL", p.NLL, sum/float64(len(ids)-1), nllTolerance)
	if p.Tokens != len(ids)-1 {
		t.Errorf("%d tokens counted of %d", p.Tokens, len(ids)-1)
	}
	for name, c := range map[string]PerplexityConfig{"window": {Window: 1 << 20}, "stride": {Window: 10, Stride: 10}, "negative": {Window: -1}, "weights": {Weights: "int3"}} {
		if _, err := MeasurePerplexity(m, stories, c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := MeasurePerplexity(m, nil, PerplexityConfig{}); err == nil {
		t.Error("no texts: no error")
	}
}

func TestKL(t *testing.T) {
	base, m := zoo.Base(), zoo.Instruct()
	same, err := MeasureKL(base, base.Clone("again"), []string{"Dora lives in", "Ben has"}, KLConfig{MaxNewTokens: 8, Samples: 2})
	if err != nil || same.PerToken > 1e-6 || len(same.Answers) != 4 {
		t.Errorf("the same model: %+v, %v", same, err)
	}
	d, err := MeasureKL(m, base, []string{"Where does Dora live?", "What is your name?"}, KLConfig{MaxNewTokens: 10, Chat: true})
	if err != nil || d.PerToken < 0.1 || d.PerAnswer < d.PerToken || !(d.Low <= d.PerToken && d.PerToken <= d.High) {
		t.Errorf("after fine-tuning: %+v, %v", d, err)
	}
	if h := d.HTML(); !strings.Contains(h, "KL of instruct to base") || !strings.Contains(h, "What is your name?") {
		t.Error(h)
	}
	if _, err := d.Plot().PNG(); err != nil {
		t.Error(err)
	}
	// By hand over the vocabulary, and from the definition E[log p - log q] by drawing.
	ids := m.Prompt("What is your name?")
	kl, err := KLAt(m, base, ids, len(ids)-1)
	if err != nil || len(kl) != 1 {
		t.Fatal(kl, err)
	}
	v := base.LM.Config.Vocab
	b := transformer.Batch{IDs: ids, Rows: 1, Length: len(ids)}
	p, q := make([]float64, v), make([]float64, v)
	at := (len(ids) - 2) * v
	if sampling.LogSoftmax(p, m.LM.Logits(b).Data()[at:at+v]) != nil || sampling.LogSoftmax(q, base.LM.Logits(b).Data()[at:at+v]) != nil {
		t.Fatal("not finite")
	}
	want := 0.0
	for i := range p {
		want += math.Exp(p[i]) * (p[i] - q[i])
	}
	close(t, "KL", kl[0], want, nllTolerance)
	other := &zoo.Model{Name: "other", LM: transformer.New(transformer.Config{Vocab: 5, Dim: 8, Layers: 1, Heads: 1, KVHeads: 1, HeadDim: 8, Hidden: 8, Context: 8, RopeTheta: 1e4, NormEps: 1e-5, Tied: true}, 1), Tok: base.Tok}
	if _, err := MeasureKL(m, other, []string{"x"}, KLConfig{}); err == nil {
		t.Error("other vocabulary: no error")
	}
}

func TestForgetting(t *testing.T) {
	before := zoo.Base()
	after := before.Clone("after")
	rng := tensor.NewRand(1)
	for _, p := range after.LM.Params() {
		for i := range p.Value.Data() {
			p.Value.Data()[i] *= float32(1 + 0.8*rng.NormFloat64())
		}
	}
	f, err := MeasureForgetting(before, after, stories, PerplexityConfig{})
	if err != nil || f.Change.Difference <= 0 || f.After.NLL <= f.Before.NLL {
		t.Errorf("%+v, %v", f, err)
	}
	none, err := MeasureForgetting(before, before, stories, PerplexityConfig{})
	if err != nil || none.Change.Difference != 0 || none.Change.P < 0.99 {
		t.Errorf("%+v, %v", none, err)
	}
	if _, err := f.Plot().PNG(); err != nil || len(f.Measures()) != 3 {
		t.Error(err)
	}
}

func TestWinRate(t *testing.T) {
	length := func(_, answer string) (float64, error) { return float64(len(answer)), nil }
	w, err := MeasureWinRate([]string{"1", "2", "3", "4"}, []string{"a", "bb", "c", "dddd"}, []string{"aa", "bb", "ccc", "d"}, length, 0)
	if err != nil || w.Wins != 2 || w.Ties != 1 || w.Losses != 1 || w.Rate() != 2.5/4 || w.P != 1 {
		t.Errorf("%+v, %v", w, err)
	}
	m := zoo.Instruct()
	reward := RewardModel(transformer.NewScorer(m.LM, 1, 3), m.Tok)
	x, err := reward("Where does Dora live?", "Tarn.")
	y, err2 := reward("Where does Dora live?", "I do not know.")
	if err != nil || err2 != nil || x == y {
		t.Errorf("%v, %v, %v, %v", x, y, err, err2)
	}
	if _, err := reward("long", strings.Repeat("long ", 2000)); err == nil {
		t.Error("longer than the context: no error")
	}
}

func TestTokenCalibration(t *testing.T) {
	r, err := TokenCalibration(zoo.Base(), stories, 10)
	if err != nil || r.N < 20 || r.Accuracy <= 0.1 || r.ECE <= 0 || r.ECE >= 1 {
		t.Errorf("%+v, %v", r, err)
	}
}
