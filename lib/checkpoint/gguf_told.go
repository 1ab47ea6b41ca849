package checkpoint

import (
	"fmt"
	"math"

	"lyceum/lib/transformer"
)

// told checks that the metadata of a GGUF file say what the configuration says, by reading them back: what the format or
// llama.cpp has no word for would otherwise be lost in silence, and the file would compute something else. A window of
// attention where llama.cpp has none is kept by a context that is no longer than the window.
func told(c transformer.Config, pairs []Pair, tensors []GGUFTensor) ([]Pair, error) {
	g := &GGUF{name: "the metadata", Meta: map[string]any{}, Tensors: map[string]Entry{}}
	for _, p := range pairs {
		g.Meta[p.Key] = p.Value
	}
	for _, t := range tensors {
		e := Entry{Shape: t.Shape, kind: kinds[t.Type]}
		if t.Name == "rope_freqs.weight" {
			e.raw = make([]byte, 4*len(t.Data()))
			writeF32(e.raw, t.Data())
		}
		g.Tensors[t.Name] = e
		g.order = append(g.order, t.Name)
	}
	config, _, err := g.Model()
	if err != nil {
		return nil, err
	}
	got, err := ParseConfig(g.name, config)
	if err != nil {
		return nil, err
	}
	if what := otherwise(c, got); what != "" {
		return nil, fmt.Errorf("%s cannot be told in a GGUF file of the architecture %v", what, g.Meta["general.architecture"])
	}
	short := false
	for i := range c.Layers {
		switch {
		case c.Local(i) == got.Local(i) && (!c.Local(i) || c.Window == got.Window), c.Window >= c.Context && !got.Local(i):
		case got.Window == 0:
			short = true
		default:
			return nil, fmt.Errorf("the windows of the blocks, %d and %s, cannot be told in a GGUF file of the architecture %v", c.Window, c.Pattern, g.Meta["general.architecture"])
		}
	}
	if short {
		for i := range pairs {
			if pairs[i].Key == fmt.Sprint(g.Meta["general.architecture"], ".context_length") {
				pairs[i].Value = uint32(min(c.Window, c.Context))
			}
		}
	}
	return pairs, nil
}

// otherwise names a setting, windows aside, that two configurations of one family do not share, or "".
func otherwise(a, b transformer.Config) string {
	near := func(x, y float64) bool { return math.Abs(x-y) <= 1e-6*math.Max(math.Abs(x), math.Abs(y)) }
	scale := func(c transformer.Config) float64 {
		if c.AttnScale != 0 {
			return c.AttnScale
		}
		return 1 / math.Sqrt(float64(c.HeadDim))
	}
	local := func(c transformer.Config) float64 {
		if c.LocalTheta != 0 {
			return c.LocalTheta
		}
		return c.RopeTheta
	}
	switch r, s := a.RopeScaling, b.RopeScaling; {
	case a.HeadDim != b.HeadDim:
		return fmt.Sprintf("a head of %d", a.HeadDim)
	case !near(a.RopeTheta, b.RopeTheta):
		return fmt.Sprintf("the rotary base %v", a.RopeTheta)
	case !near(a.NormEps, b.NormEps):
		return fmt.Sprintf("the epsilon %v", a.NormEps)
	case a.Activation != b.Activation:
		return fmt.Sprintf("the activation %q", a.Activation)
	case !near(scale(a), scale(b)):
		return fmt.Sprintf("the factor %v of the attention scores", scale(a))
	case a.AttnByLayer != b.AttnByLayer:
		return "attention scores that are divided by the number of their block"
	case !near(math.Max(a.EmbedScale, 1), math.Max(b.EmbedScale, 1)):
		return fmt.Sprintf("the factor %v of the embeddings", a.EmbedScale)
	case a.Window > 0 && b.Window > 0 && !near(local(a), local(b)):
		return fmt.Sprintf("the rotary base %v of local blocks", a.LocalTheta)
	case r.Kind != s.Kind || !near(r.Factor, s.Factor):
		return fmt.Sprintf("the rotary scaling %q by %v", r.Kind, r.Factor)
	case r.Kind == "yarn":
		if r.Original, s.Original = 0, 0; r != s {
			return fmt.Sprintf("the yarn settings %+v", a.RopeScaling)
		}
	}
	for i := range a.Layers {
		if a.Rotary(i) != b.Rotary(i) {
			return fmt.Sprintf("the pattern %q of blocks with and without rotary positions", a.Pattern)
		}
	}
	return ""
}
