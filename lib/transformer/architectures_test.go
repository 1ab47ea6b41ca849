package transformer

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"lyceum/lib/internal/compute"
	"lyceum/lib/nn"
	"lyceum/lib/optim"
	"lyceum/lib/tensor"
)

// architectures are one model of each family, with what the family can have beside; of a size that is shared between cores.
func architectures(t *testing.T) map[string]Config {
	out := map[string]Config{}
	add := func(name, family string, change func(c *Config)) {
		f, err := ByFamily(family)
		if err != nil {
			t.Fatal(err)
		}
		c := f.Base
		c.Vocab, c.Dim, c.Layers, c.Heads, c.KVHeads, c.HeadDim, c.Hidden, c.Context, c.NormEps = 300, 96, 2, 3, 1, 32, 160, 64, 1e-5
		if !c.Learned {
			c.RopeTheta = 10000
		}
		change(&c)
		if err := c.Check(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = c
	}
	for name := range families {
		add(name, name, func(c *Config) {
			c.Tied = name != "llama"
			switch name {
			case "mistral":
				c.Pattern, c.Window = "LL", 7
			case "smollm3":
				c.Pattern = "Gg"
			case "gemma3_text":
				c.Pattern, c.Window, c.LocalTheta, c.EmbedScale, c.AttnScale = "LG", 9, 500, 9.8, 0.2
			case "gpt2":
				c.KVHeads, c.AttnByLayer = 3, true
			}
		})
	}
	add("gpt2 with erf", "gpt2", func(c *Config) { c.KVHeads, c.Activation = 3, "gelu" })
	add("llama with biases", "llama", func(c *Config) { c.QKVBias, c.OutBias, c.MLPBias = true, true, true })
	add("long llama", "llama", func(c *Config) {
		c.RopeScaling = RopeScaling{Kind: "llama3", Factor: 8, LowFreq: 1, HighFreq: 4, Original: 16}
	})
	return out
}

// A format is how weights are held and products computed in training, and how a decoder holds them.
type format struct {
	name, base, precision, decoder string
	near                           float64 // how far logits of up to 3 may be from those of the same stored weights in float32: the decoder rounds what it multiplies too
}

var formats = []format{
	{"float32", "", tensor.Float32, "", 1e-5},
	{"bf16", "", tensor.BF16, "bf16", 0.05},
	{"int8", "int8", tensor.Float32, "int8", 0.2},
	{"int4", "int4", tensor.Float32, "int4", 0.2},
}

// trainee is a model in a format; a quantised one has an adapter.
func trainee(t *testing.T, c Config, f format) *LM {
	m := New(c, 3)
	rng := tensor.NewRand(7)
	for _, p := range m.Params() { // biases are not zero, norms not one
		for i := range p.Value.Data() {
			p.Value.Data()[i] += 0.05 * float32(rng.NormFloat64())
		}
	}
	if f.base != "" {
		if err := m.Quantise(f.base); err != nil {
			t.Fatal(err)
		}
		if err := m.AddAdapter("a", nn.LoRA{Rank: 4, Targets: nn.AllLinear, Init: "random", Seed: 1}); err != nil {
			t.Fatal(err)
		}
		if err := m.SetAdapters("a"); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// life is what a model computes in two steps of training, and then as it continues three texts with a cache: all numbers.
func life(t *testing.T, c Config, f format) (losses []float64, numbers []float32) {
	m := trainee(t, c, f)
	ids := randomIDs(5, 4*24, c.Vocab)
	opt := optim.NewAdamW(m.Trainable())
	for range 2 {
		tensor.Scope(func() {
			tensor.Autocast(f.precision, func() {
				loss := m.NLL(Batch{IDs: ids, Rows: 4, Length: 24}, ids).Mean()
				losses = append(losses, float64(loss.Item()))
				loss.Backward()
			})
		})
		_, scale := optim.Clip(m.Trainable(), 1)
		opt.Step(1e-3, scale)
		opt.ZeroGrad()
	}
	for _, p := range m.Trainable() {
		numbers = append(numbers, p.Value.Data()...)
	}
	d, err := m.Decoder(DecodeOptions{Weights: f.decoder})
	if err != nil {
		t.Fatal(err)
	}
	cache := d.NewCache(3, 40)
	for i := range 3 {
		numbers = append(numbers, cache.Prefill(i, ids[24*i:24*i+5+7*i]).Data()...)
	}
	for i := range 3 {
		numbers = append(numbers, cache.Step([]int{2, 0, 1}, ids[i:i+3]).Data()...)
	}
	return losses, numbers
}

// Every architecture in every format, on every instruction set of this processor, has the same bits again and for any number of
// workers; the losses of different instruction sets are near each other.
func TestEveryArchitectureHasTheSameBits(t *testing.T) {
	defer compute.SetWorkers(compute.SetWorkers(1))
	defer compute.SetLevel(compute.Level())
	archs := architectures(t)
	for _, name := range slices.Sorted(maps.Keys(archs)) {
		for _, f := range formats {
			var first []float64
			for _, level := range compute.Levels() {
				compute.SetLevel(level)
				compute.SetWorkers(1)
				losses, want := life(t, archs[name], f)
				for _, workers := range []int{1, 2, 7} {
					compute.SetWorkers(workers)
					if _, got := life(t, archs[name], f); !slices.Equal(got, want) {
						t.Fatalf("%s, %s, %s: other bits with %d workers", name, f.name, level, workers)
					}
				}
				if first == nil {
					first = losses
				}
				within := 1e-5
				if f.precision == tensor.BF16 {
					within = 2e-3
				}
				for i, x := range losses {
					if !(math.Abs(x-first[i]) <= within*math.Abs(first[i])) {
						t.Errorf("%s, %s: loss %d is %v on %s and %v on %s", name, f.name, i, x, level, first[i], compute.Levels()[0])
					}
				}
			}
		}
	}
}

// Whatever the architecture and the format: a text computed token by token, in pieces beside other texts, and whole in one
// batch has the same logits, up to rounding, as without a cache in the stored weights widened to float32.
func TestCachedEqualsUncachedEqualsBatchedInEveryFormat(t *testing.T) {
	archs := architectures(t)
	rng := tensor.NewRand(11)
	for _, name := range slices.Sorted(maps.Keys(archs)) {
		c := archs[name]
		for _, f := range formats {
			m := trainee(t, c, f)
			d, err := m.Decoder(DecodeOptions{Weights: f.decoder})
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				rows := make([][]int32, 2+rng.IntN(4))
				for i := range rows {
					rows[i] = randomIDs(rng.Uint64(), 2+rng.IntN(38), c.Vocab)
				}
				var full []float32 // of the last tokens
				for _, r := range rows {
					full = append(full, lastLogits(m, r)...)
				}
				batch := Pad(rows, 0)
				z, last := m.Logits(batch).Data(), []float32(nil)
				for i, r := range rows {
					last = append(last, z[(i*batch.Length+len(r)-1)*c.Vocab:][:c.Vocab]...)
				}
				what := fmt.Sprintf("%s, %s, lengths of %d rows: ", name, f.name, len(rows))
				sameLogits(t, what+"batched", last, full, 1e-5)
				whole, single := d.NewCache(len(rows), 64), d.NewCache(len(rows), 64)
				var runs, ends []Run
				for i, r := range rows {
					cut := rng.IntN(len(r)) // some begin with nothing
					if cut > 0 {
						runs = append(runs, Run{Slot: i, IDs: r[:cut]})
					}
					ends = append(ends, Run{Slot: i, IDs: r[cut:], Logits: true})
				}
				if len(runs) > 0 {
					whole.Extend(runs)
				}
				pieces := slices.Clone(whole.Extend(ends))
				sameLogits(t, what+"in pieces", pieces, full, f.near)
				for i, r := range rows {
					var z []float32
					for _, id := range r {
						z = single.Step([]int{i}, []int32{id}).Data()
					}
					sameLogits(t, what+"token by token", z, full[i*c.Vocab:(i+1)*c.Vocab], f.near)
				}
			}
		}
	}
}
