package posttrain

import (
	"fmt"
	"math"

	"lyceum/lib/datasets"
	"lyceum/lib/rl"
	"lyceum/lib/sampling"
	"lyceum/lib/tokenize"
	"lyceum/lib/zoo"
)

// RejectionConfig are the settings of RejectionSample.
type RejectionConfig struct {
	Samples      int       // completions of each prompt; 0: 8
	MaxNewTokens int       // 0: 64
	Temperature  Opt       // left out: 1
	Threshold    Opt       // keep every completion whose reward is at least this; left out: the best of each prompt
	Weights      []float64 // of the reward functions; none: 1 each
	BatchSize    int       // prompts that are completed at once; 0: 8
	Seed         uint64    // of the drawing; 0: 42
}

// RejectionSample completes every prompt several times, has the completions judged, and returns those that are worth learning: rows of
// prompt and completion, with their reward. SFT on them is rejection-sampling fine-tuning (Touvron et al. 2023, arXiv:2307.09288,
// section 3.2.3; RAFT, Dong et al. 2023, arXiv:2304.06767). Prompts of which all completions were judged the same teach nothing about
// the rewards, and are left out when the best is looked for; an error says if nothing is left.
func RejectionSample(model *zoo.Model, prompts *datasets.Set, rewards []rl.Reward, config RejectionConfig) (*datasets.Set, error) {
	if err := needed("RejectionSample", model, prompts); err != nil {
		return nil, err
	}
	fail := func(err error) (*datasets.Set, error) { return nil, fmt.Errorf("posttrain.RejectionSample: %w", err) }
	fill(&config.Samples, 8)
	fill(&config.MaxNewTokens, 64)
	fill(&config.BatchSize, 8)
	fill(&config.Seed, 42)
	temperature := config.Temperature.Or(1)
	if config.Samples < 2 || config.MaxNewTokens < 1 || config.BatchSize < 1 || !(temperature > 0) {
		return fail(fmt.Errorf("Samples is %d, MaxNewTokens %d, BatchSize %d and Temperature %v: there must be at least 2 samples, drawn at a temperature above 0", config.Samples, config.MaxNewTokens, config.BatchSize, temperature))
	}
	judge, err := rl.NewJudge(rewards, config.Weights)
	if err != nil {
		return fail(err)
	}
	list, err := readPrompts("RejectionSample", model, prompts)
	if err != nil {
		return nil, err
	}
	var out []datasets.Row
	for at := 0; at < len(list); at += config.BatchSize {
		rows, err := accepted(model, list[at:min(at+config.BatchSize, len(list))], judge, config, float32(temperature), config.Seed+uint64(at))
		if err != nil {
			return fail(err)
		}
		out = append(out, rows...)
	}
	if len(out) == 0 {
		return fail(fmt.Errorf("no completion of %s was accepted: lower the Threshold, draw more Samples, or make the reward finer", prompts.Name))
	}
	return datasets.NewSet(prompts.Name+", accepted completions", out), nil
}

// accepted draws and judges the completions of some prompts.
func accepted(model *zoo.Model, list []prompt, judge *rl.Judge, c RejectionConfig, temperature float32, seed uint64) ([]datasets.Row, error) {
	var ids [][]int32
	for _, p := range list {
		ids = append(ids, p.ids)
	}
	s := rl.Sampler{Model: model.LM, Options: sampling.Options{MaxNewTokens: c.MaxNewTokens, Temperature: float64(temperature), Stop: stops(model), Seed: seed}}
	drawn, err := s.Draw(ids, c.Samples, nil)
	if err != nil {
		return nil, err
	}
	b := rl.Batch{Columns: map[string][]any{}}
	for i, d := range drawn {
		p := list[i/c.Samples]
		b.Prompts, b.Chats = append(b.Prompts, p.text), append(b.Chats, p.chat)
		b.PromptIDs, b.CompletionIDs = append(b.PromptIDs, p.ids), append(b.CompletionIDs, d.IDs)
		b.Completions = append(b.Completions, model.Tok.DecodePlain(d.IDs))
		b.Truncated, b.Groups = append(b.Truncated, d.Truncated), append(b.Groups, i/c.Samples)
		for name, v := range p.row.Columns {
			if name != "prompt" {
				b.Columns[name] = append(b.Columns[name], v)
			}
		}
	}
	scores, err := judge.Score(b)
	if err != nil {
		return nil, err
	}
	total := make([]float64, len(drawn))
	for k, f := range scores.PerFunc {
		for i, v := range f {
			if v == v { // not applicable otherwise
				total[i] += judge.Weights[k] * v
			}
		}
	}
	var out []datasets.Row
	for g, p := range list {
		for _, i := range chosen(total[g*c.Samples:(g+1)*c.Samples], c.Threshold) {
			k := g*c.Samples + i
			if !drawn[k].Truncated {
				out = append(out, learned(p, b.Completions[k], total[k]))
			}
		}
	}
	return out, nil
}

// chosen are the places of the completions of one prompt that are kept.
func chosen(rewards []float64, threshold Opt) []int {
	if threshold.Given() {
		return rl.Accept(rewards, threshold.Or(0))
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, r := range rewards {
		low, high = math.Min(low, r), math.Max(high, r)
	}
	if low == high {
		return nil
	}
	return rl.BestOfN(rewards, len(rewards))
}

// learned is a row to be learned: the prompt as it came, and a completion of the same kind.
func learned(p prompt, completion string, reward float64) datasets.Row {
	r := p.row.With("reward", reward)
	if p.chat != nil {
		return r.With("completion", []tokenize.Message{{Role: "assistant", Content: completion}})
	}
	return r.With("completion", completion)
}
