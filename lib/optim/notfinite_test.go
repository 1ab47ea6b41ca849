package optim

import (
	"math"
	"slices"
	"strings"
	"testing"

	"lyceum/lib/tensor"
)

// refused is the error with which a step panics, or "".
func refused(f func()) (text string) {
	defer func() {
		if e, ok := recover().(*Error); ok {
			text = e.Error()
		}
	}()
	f()
	return ""
}

// A gradient that is not finite changes nothing, whatever the optimiser, with clipping and without.
func TestABadGradientChangesNothing(t *testing.T) {
	nan := float32(math.NaN())
	for name, args := range everyOptimizer {
		for _, clip := range []bool{false, true} {
			params := wide(4 * unitSize)
			o, err := New(name, params, Settings{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Args: args})
			if err != nil {
				t.Fatal(err)
			}
			step := func() {
				scale := 1.0
				if clip {
					_, scale = Clip(params, 1)
				}
				o.Step(0.1, scale)
			}
			giveGradients(params, 1)
			if text := refused(step); text != "" {
				t.Fatalf("%s: %s", name, text)
			}
			o.ZeroGrad()
			giveGradients(params, 2)
			params[2].Value.GradBuffer()[5] = nan
			before := everything(params, o)
			if text := refused(step); !strings.Contains(text, "step 2") || !strings.Contains(text, "gradient of layer.2.weight") {
				t.Errorf("%s, clip %v: %q", name, clip, text)
			}
			for i, x := range everything(params, o) {
				if !slices.Equal(x, before[i]) {
					t.Fatalf("%s: something has changed", name)
				}
			}
			params[2].Value.Data()[1] = nan
			if text := refused(step); !strings.Contains(text, "layer.2.weight has a value") || !strings.Contains(text, "learning rate") {
				t.Errorf("%s: %q", name, text)
			}
			if o.Steps() != 1 {
				t.Errorf("%s: %d steps", name, o.Steps())
			}
		}
	}
	p := wide(1024)
	giveGradients(p, 1)
	if text := refused(func() { NewAdamW(p).Step(0.1, math.Inf(1)) }); !strings.Contains(text, "factor") {
		t.Errorf("an infinite scale: %q", text)
	}
	if p[0].Value.ZeroGrad(); refused(func() { tensor.NoGrad(func() { NewAdamW(p).Step(0.1, 1) }) }) != "" {
		t.Error("a gradient of zeros is refused")
	}
}
