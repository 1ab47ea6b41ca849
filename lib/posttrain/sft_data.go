package posttrain

import (
	"fmt"

	"lyceum/lib/datasets"
	"lyceum/lib/internal/numpyrand"
	"lyceum/lib/lossfn"
)

func evalPacking(c SFTConfig) string {
	switch c.EvalPacking {
	case "":
		return c.Packing
	case "none":
		return ""
	}
	return c.EvalPacking
}

// encode turns rows into samples: tokens, labels by the mask, cut at MaxLength; rows in which nothing is left to learn are
// dropped, as in TRL; then packed.
func (t *sft) encode(data *datasets.Set, packing string) ([]sample, error) {
	var out []sample
	for i := range data.Len() {
		s, err := t.sample(data.Row(i), data)
		if err != nil {
			return nil, fmt.Errorf("posttrain.SFT: %s: %w", data.Where(i), err)
		}
		if packing == "" {
			n := min(len(s.ids), t.c.MaxLength)
			s.ids, s.labels = s.ids[:n], s.labels[:n]
			if !learns(s.labels) {
				continue
			}
		}
		out = append(out, s)
	}
	if packing == "" {
		return t.shuffled(out), nil
	}
	out, err := pack(t.shuffled(out), t.c.MaxLength, packing)
	return t.shuffled(out), err
}

// shuffled is the order of Dataset.shuffle(seed) of Hugging Face's datasets, if Shuffle asks for it.
func (t *sft) shuffled(rows []sample) []sample {
	if !t.c.Shuffle {
		return rows
	}
	return t.pick(rows, numpyrand.New(t.s.Seed).Perm(len(rows)))
}

func learns(labels []int32) bool {
	for _, y := range labels {
		if y != lossfn.Ignore {
			return true
		}
	}
	return false
}

// sample turns a row into tokens and labels. The columns of the first row say which shape the set has.
func (t *sft) sample(r datasets.Row, set *datasets.Set) (sample, error) {
	w := writer{m: t.run.Model, spoken: t.spoken(set.Has("prompt"))}
	text := t.c.TextColumn
	if text == "" {
		text = "text"
	}
	switch {
	case set.Has("input_ids"):
		return readyMade(r, t.c.Mask != datasets.Full && t.c.Mask != datasets.AnyAssistant)
	case set.Has("prompt"):
		c, err := w.completion(r, "completion")
		if err != nil {
			return sample{}, err
		}
		return t.masked(c, r.Conversational(), true)
	case set.Has("messages"):
		if _, err := r.Turns("messages"); err != nil {
			return sample{}, err
		}
		ids, assistant, err := w.column(r, false, "messages")
		if err != nil {
			return sample{}, err
		}
		return t.masked(completion{ids: ids, assistant: assistant}, true, false)
	case set.Has(text):
		ids, _, err := w.column(r, false, text)
		if err != nil {
			return sample{}, err
		}
		return t.masked(completion{ids: ids}, false, false)
	}
	return sample{}, fmt.Errorf("there is no column %s, messages, prompt and completion, or input_ids; there are %v", text, set.Columns())
}

// spoken reports whether the mask needs to know what the assistant says.
func (t *sft) spoken(prompted bool) bool {
	switch m := t.c.Mask; m {
	case datasets.Assistant: // the completion will do
		return !prompted
	default:
		return m == datasets.AnyAssistant || m == datasets.Spoken || m == datasets.Wrong
	}
}

// masked applies the mask of the config.
func (t *sft) masked(c completion, chat, prompted bool) (sample, error) {
	m := t.c.Mask
	if chat && c.assistant == nil && t.spoken(prompted) {
		return sample{}, errNoSpans
	}
	s := sample{ids: c.ids, labels: make([]int32, len(c.ids))}
	for i, id := range c.ids {
		s.labels[i] = lossfn.Ignore
		if m.Counts(i >= c.prompt, c.assistant == nil || c.assistant[i], chat || prompted) {
			s.labels[i] = id
		}
	}
	return s, nil
}

// readyMade reads a row that is tokens already: input_ids with labels, or with assistant_masks and, where the mask asks for
// completions, a completion_mask.
func readyMade(r datasets.Row, completions bool) (sample, error) {
	ids, err := r.IDs("input_ids")
	if err != nil {
		return sample{}, err
	}
	s := sample{ids: ids, labels: append([]int32(nil), ids...)}
	if r.Has("labels") {
		if s.labels, err = r.IDs("labels"); err != nil {
			return s, err
		}
	}
	for _, column := range []string{"completion_mask", "assistant_masks"} {
		if !r.Has(column) || r.Has("labels") || column == "completion_mask" && !completions {
			continue
		}
		mask, err := r.IDs(column)
		if err != nil {
			return s, err
		}
		if len(mask) != len(ids) {
			return s, fmt.Errorf("column %s has %d values, input_ids has %d", column, len(mask), len(ids))
		}
		for i, m := range mask {
			if m == 0 {
				s.labels[i] = lossfn.Ignore
			}
		}
	}
	if len(s.labels) != len(ids) {
		return s, fmt.Errorf("column labels has %d values, input_ids has %d", len(s.labels), len(ids))
	}
	return s, nil
}
