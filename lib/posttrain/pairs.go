package posttrain

import (
	"fmt"

	"lyceum/lib/datasets"
	"lyceum/lib/lossfn"
	"lyceum/lib/transformer"
)

// A pair is a prompt with a chosen and a rejected completion, as tokens; the labels are those of the completions.
type pair struct {
	chosen, rejected sample
	gold             sample // of triples
	refs             *[2]float32
}

// encodePairs turns rows of preferences into pairs, as TRL's DPO does: with gold also the column reference. Rows whose prompt alone
// fills MaxLength are dropped where drop is set.
func encodePairs(method string, w writer, data *datasets.Set, most int, gold, drop bool) ([]pair, error) {
	for _, c := range []string{"chosen", "rejected"} {
		if !data.Has(c) {
			return nil, fmt.Errorf("posttrain.%s: %s has no column %s: preferences need [prompt,] chosen and rejected; it has %v", method, data.Name, c, data.Columns())
		}
	}
	if gold && !data.Has("reference") {
		return nil, fmt.Errorf("posttrain.%s: %s has no column reference, the gold completion; it has %v", method, data.Name, data.Columns())
	}
	var out []pair
	for i := range data.Len() {
		p, fits, err := encodePair(w, data.Row(i), !data.Has("prompt"), most, gold)
		if err != nil {
			return nil, fmt.Errorf("posttrain.%s: %s: %w", method, data.Where(i), err)
		}
		if fits || !drop {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("posttrain.%s: %s has no row whose prompt leaves room for a completion in MaxLength %d: nothing can be learned", method, data.Name, most)
	}
	return out, nil
}

// encodePair reports also whether the prompt leaves room for a completion.
func encodePair(w writer, r datasets.Row, split bool, most int, gold bool) (p pair, fits bool, err error) {
	if split {
		if r, err = r.SplitPrompt(); err != nil {
			return p, false, err
		}
	}
	sides := []struct {
		column string
		into   *sample
	}{{"chosen", &p.chosen}, {"rejected", &p.rejected}, {"reference", &p.gold}}
	if !gold {
		sides = sides[:2]
	}
	prompt := -1
	var full [][]int32
	for _, s := range sides {
		c, err := w.completion(r, s.column)
		if err != nil {
			return p, false, err
		}
		if len(c.ids) == 0 {
			return p, false, fmt.Errorf("column %s: the row has no token", s.column)
		}
		if prompt < 0 || c.prompt < prompt {
			prompt = c.prompt
		}
		full = append(full, c.ids)
	}
	for i, s := range sides {
		*s.into = cut(full[i], prompt, most)
	}
	return p, prompt < most, nil
}

// cut makes a sample of a prompt of some tokens and a completion, cut at the end.
func cut(ids []int32, prompt, most int) sample {
	s := sample{ids: ids[:min(len(ids), most)]}
	for i, id := range s.ids {
		if i < prompt {
			id = lossfn.Ignore
		}
		s.labels = append(s.labels, id)
	}
	return s
}

// completionTokens is how many tokens the completion of a sample has, the first token of a row included.
func (s sample) completionTokens() int {
	n := 0
	for _, y := range s.labels {
		if y != lossfn.Ignore {
			n++
		}
	}
	return n
}

// sides are the samples of a batch of pairs: first all chosen, then all rejected ones, then those of extra.
func sides(rows []pair, gold bool) []sample {
	var out []sample
	for _, p := range rows {
		out = append(out, p.chosen)
	}
	for _, p := range rows {
		out = append(out, p.rejected)
	}
	if gold {
		for _, p := range rows {
			out = append(out, p.gold)
		}
	}
	return out
}

// comparison is what is logged of the rewards of a batch of pairs.
func comparison(log *meter, chosen, rejected []float64) {
	right, gap := 0.0, 0.0
	for i := range chosen {
		if float32(chosen[i]) > float32(rejected[i]) {
			right++
		}
		gap += chosen[i] - rejected[i]
	}
	n := float64(max(len(chosen), 1))
	log.add("rewards/chosen", average(chosen))
	log.add("rewards/rejected", average(rejected))
	log.add("rewards/accuracies", right/n)
	log.add("rewards/margins", gap/n)
}

// scaled are numbers times a factor.
func scaled(xs []float64, by float64) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = by * x
	}
	return out
}

// policy is the model that a run trains.
func (t *teacher[T]) policy() *transformer.LM { return t.run.Model.LM }
