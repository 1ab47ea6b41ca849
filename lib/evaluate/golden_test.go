package evaluate

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"lyceum/lib/zoo"
)

// Tolerances against Transformers: the perplexity's nats per token absolute; KL relative, and absolute where it is small.
const (
	meanNLLTolerance = 1e-5
	klTolerance      = 1e-4
)

//go:embed testdata/models.json
var modelData []byte

func TestPerplexityAndKLAgainstTransformers(t *testing.T) {
	var g struct {
		Window, Stride int
		Texts          []struct {
			Text   string
			IDs    []int32
			NLL    float64
			Tokens int
			KL     []float64
		}
	}
	if err := json.Unmarshal(modelData, &g); err != nil {
		t.Fatal(err)
	}
	base, instruct := zoo.Base(), zoo.Instruct()
	sum, n := 0.0, 0
	var texts []string
	for _, x := range g.Texts {
		ids := base.Prompt(x.Text)
		if fmt.Sprint(ids) != fmt.Sprint(x.IDs) {
			t.Errorf("%q: tokens %v, Transformers has %v", x.Text, ids, x.IDs)
			continue
		}
		kl, err := KLAt(instruct, base, ids, 3)
		if err != nil || len(kl) != len(x.KL) {
			t.Errorf("%q: KL at %d tokens, Transformers at %d: %v", x.Text, len(kl), len(x.KL), err)
			continue
		}
		for i, want := range x.KL {
			if math.Abs(kl[i]-want) > klTolerance*math.Max(want, 0.1) {
				t.Errorf("%q: KL at token %d is %v, Transformers has %v", x.Text, i+3, kl[i], want)
			}
		}
		sum, n, texts = sum+x.NLL, n+x.Tokens, append(texts, x.Text)
	}
	p, err := MeasurePerplexity(base, texts, PerplexityConfig{Window: g.Window, Stride: g.Stride})
	if err != nil {
		t.Fatal(err)
	}
	if p.Tokens != n || math.Abs(p.NLL-sum/float64(n)) > meanNLLTolerance*sum/float64(n) {
		t.Errorf("%v nats over %d tokens, Transformers has %v over %d", p.NLL, p.Tokens, sum/float64(n), n)
	}
	for i, x := range p.Texts {
		if want := g.Texts[i].NLL / float64(g.Texts[i].Tokens); x.Tokens != g.Texts[i].Tokens || math.Abs(x.NLL-want) > meanNLLTolerance*want {
			t.Errorf("%q: %v nats over %d tokens, Transformers has %v over %d", texts[i], x.NLL, x.Tokens, want, g.Texts[i].Tokens)
		}
	}
}
