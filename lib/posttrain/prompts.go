package posttrain

import (
	"fmt"

	"lyceum/lib/datasets"
	"lyceum/lib/internal/torchrand"
	"lyceum/lib/tokenize"
	"lyceum/lib/zoo"
)

// A prompt is a row that the model is to complete.
type prompt struct {
	ids  []int32
	text string
	chat []tokenize.Message
	row  datasets.Row
}

// readPrompts encodes the prompts of a set: a text, or a conversation that ends before the assistant's turn.
func readPrompts(method string, m *zoo.Model, data *datasets.Set) ([]prompt, error) {
	w, context := writer{m: m}, m.LM.Config.Context
	var out []prompt
	for i := range data.Len() {
		r := data.Row(i)
		fail := func(err error) ([]prompt, error) {
			return nil, fmt.Errorf("posttrain.%s: %s: %w", method, data.Where(i), err)
		}
		if !r.Has("prompt") {
			return fail(fmt.Errorf("column prompt is missing: an online method completes prompts itself"))
		}
		ids, _, err := w.column(r, true, "prompt")
		if err != nil {
			return fail(err)
		}
		if len(ids) == 0 {
			return fail(fmt.Errorf("the prompt is empty"))
		}
		if len(ids) >= context {
			return fail(fmt.Errorf("the prompt has %d tokens, and the model's context of %d leaves no room for a completion: shorten the prompt or leave the row out", len(ids), context))
		}
		p := prompt{ids: ids, row: r, text: m.Tok.Decode(ids)}
		if r.Conversational() {
			p.chat, _ = r.Turns("prompt")
		}
		out = append(out, p)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("posttrain.%s: %s has no row: there is nothing to complete", method, data.Name)
	}
	return out, nil
}

// stops are the tokens that end a completion: the tokenizer's end-of-sequence token, and the end of a turn where it is
// another.
func stops(m *zoo.Model) []int32 {
	var out []int32
	if id, ok := m.Tok.EOS(); ok {
		out = append(out, id)
	} else {
		for _, name := range []string{tokenize.TurnEnd, tokenize.TextEnd} {
			if id, ok := m.Tok.Special(name); ok {
				out = append(out, id)
			}
		}
	}
	return out
}

// A repeater says which prompts a generation batch completes, in the order of TRL's RepeatSampler: each epoch a permutation of
// torch.randperm, all epochs from one generator; prompts that do not fill a batch wait for another epoch.
type repeater struct {
	prompts, perBatch int
	shuffle           bool
	seed              uint64

	perms [][]int
	gen   *torchrand.Generator
}

// batches is how many generation batches an epoch has.
func (r *repeater) batches() int { return r.prompts / r.perBatch }

// batch returns the prompts of batch i of an epoch.
func (r *repeater) batch(epoch, i int) []int {
	if r.gen == nil {
		r.gen = torchrand.New(r.seed)
	}
	for len(r.perms) <= epoch {
		if r.shuffle {
			r.perms = append(r.perms, r.gen.Perm(r.prompts))
			continue
		}
		p := make([]int, r.prompts)
		for j := range p {
			p[j] = j
		}
		r.perms = append(r.perms, p)
	}
	return r.perms[epoch][i*r.perBatch : (i+1)*r.perBatch]
}

// roomFor reports whether completions can have so many tokens. Where none are drawn it may be more than a model can read: then it
// is a number of the loss.
func roomFor(tokens int, m *zoo.Model, draws bool) bool {
	return tokens >= 1 && (tokens < m.LM.Config.Context || !draws)
}
