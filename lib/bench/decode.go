package bench

import (
	"fmt"
	"math"

	"lyceum/lib/sampling"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

var weightKinds = []string{"float32", "bf16", "int8"}

// decoder returns the model with random weights of one kind.
func (c shape) decoder(weights string) (*transformer.Decoder, error) {
	return transformer.New(c.Config, 1).Decoder(transformer.DecodeOptions{Weights: weights})
}

// weightBytes is what Decoder.WeightBytes will be, without building the model: float32 and bf16 exactly, int8 with a scale
// of four bytes for every 32.
func (c shape) weightBytes(weights string) float64 {
	n := 0
	for i, w := range c.layersOf() {
		if i < 4 {
			n += c.Layers * w[0] * w[1]
		} else {
			n += w[0] * w[1]
		}
	}
	return float64(n) * map[string]float64{"float32": 4, "bf16": 2, "int8": 1.125}[weights]
}

// decodeCases continue one text, the most likely token each time, and read one long prompt.
func decodeCases(s sizes) []Case {
	var out []Case
	for _, weights := range weightKinds {
		out = append(out, Case{Group: "decode", Name: "decode/1/" + weights, Precision: weights, memoryBound: true, once: true,
			Work:  Work{Tokens: float64(s.answer), Bytes: float64(s.answer) * s.smol.weightBytes(weights)},
			torch: torchWeights(s.smol, "decode", weights, spec{"prompt": s.prompt, "answer": s.answer}),
			llama: &llamaWork{model: s.smol, weights: weights, tool: "llama-bench", generate: s.answer, depth: s.prompt},
			open: func() (func(), error) {
				d, err := s.smol.decoder(weights)
				if err != nil {
					return nil, err
				}
				cache := d.NewCache(1, s.prompt+s.answer)
				cache.Extend([]transformer.Run{{IDs: tokens(tensor.NewRand(3), s.prompt, s.smol.Vocab)}})
				return func() {
					cache.Truncate(0, s.prompt)
					next := int32(1)
					for range s.answer {
						next = argmax(cache.Extend([]transformer.Run{{IDs: []int32{next}, Logits: true}}))
					}
				}, nil
			}})
	}
	for _, weights := range weightKinds {
		out = append(out, prefillCase(s, weights))
	}
	return out
}

func prefillCase(s sizes, weights string) Case {
	flops := 0.0
	for i, w := range s.smol.layersOf() {
		if i < 4 { // the output layer sees the last token only
			flops += 2 * float64(s.width*s.smol.Layers*w[0]*w[1])
		}
	}
	return Case{Group: "decode", Name: fmt.Sprintf("prefill/%d/%s", s.width, weights), Precision: weights, once: true,
		Work:  Work{Tokens: float64(s.width), Flops: flops},
		torch: torchWeights(s.smol, "prefill", weights, spec{"prompt": s.width}),
		llama: &llamaWork{model: s.smol, weights: weights, tool: "llama-bench", prompt: s.width},
		open: func() (func(), error) {
			d, err := s.smol.decoder(weights)
			if err != nil {
				return nil, err
			}
			cache, runs := d.NewCache(1, s.width), []transformer.Run{{IDs: tokens(tensor.NewRand(3), s.width, s.smol.Vocab), Logits: true}}
			return func() {
				cache.Truncate(0, 0)
				cache.Extend(runs)
			}, nil
		}}
}

// torchWeights is the peer's side for weights that it has: Transformers has no int8 of its own on a processor.
func torchWeights(c shape, op, weights string, more spec) spec {
	if weights == "int8" {
		return nil
	}
	return c.peer(op, weights, more)
}

// lengths of prompt and completion i of a rollout, around the means; the peer script has the same formula.
func (s sizes) lengths(i int) (prompt, answer int) {
	return s.prompt/2 + (7*i)%(s.prompt+1), s.answer/2 + (13*i)%(s.answer+1)
}

// rolloutCases draw completions of different lengths for prompts of different lengths, as reinforcement learning does: three
// times as many as there are places, and a finished one gives its place to the next. Only new tokens count, and all time.
// llama.cpp gets texts that are all of the mean length, one batch of them, as its tool has it.
func rolloutCases(s sizes) []Case {
	var out []Case
	for _, batch := range s.rollouts {
		total := 0
		for i := range 3 * batch {
			_, n := s.lengths(i)
			total += n
		}
		for _, weights := range weightKinds {
			out = append(out, Case{Group: "rollout", Name: fmt.Sprintf("rollout/%d/%s", batch, weights), Precision: weights, once: true,
				Work:  Work{Tokens: float64(total)},
				torch: torchWeights(s.smol, "rollout", weights, spec{"prompt": s.prompt, "answer": s.answer, "batch": batch, "count": 3 * batch}),
				llama: &llamaWork{model: s.smol, weights: weights, tool: "llama-batched-bench", prompt: s.prompt, generate: s.answer, batch: batch},
				open:  func() (func(), error) { return s.rollout(batch, weights) }})
		}
	}
	return out
}

func (s sizes) rollout(batch int, weights string) (func(), error) {
	d, err := s.smol.decoder(weights)
	if err != nil {
		return nil, err
	}
	rng, prompts := tensor.NewRand(4), make([][]int32, 3*batch)
	for i := range prompts {
		n, _ := s.lengths(i)
		prompts[i] = tokens(rng, n, s.smol.Vocab)
	}
	const end = 0
	// A model with random weights would never end by itself: token 0 is impossible up to the length wanted, and then certain.
	lengths := func(row int, ids []int32, scores []float32) {
		prompt, answer := s.lengths(row)
		scores[end] = float32(math.Inf(-1))
		if len(ids) == prompt+answer {
			scores[end] = 1e4
		}
	}
	o := sampling.Options{MaxNewTokens: 2 * s.answer, Temperature: 1, Seed: 5, Slots: batch, Stop: []int32{end}, Processors: []sampling.LogitsProcessor{lengths}}
	return func() {
		if _, err := sampling.GenerateWith(d, prompts, o); err != nil {
			panic(err)
		}
	}, nil
}

func argmax(x []float32) int32 {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return int32(best)
}
