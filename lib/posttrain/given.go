package posttrain

import (
	"fmt"

	"lyceum/lib/rl"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

// givenCompletions are completions that the model does not draw itself.
type givenCompletions struct {
	share   float64         // of the generations
	teacher *transformer.LM // draws them; nil: they stand in the data set
	ids     [][]int32       // of each prompt
}

// readGiven encodes the column completion, if it will be used.
func (o *source) readGiven() error {
	if o.given.share == 0 || o.given.teacher != nil {
		return nil
	}
	w := writer{m: o.run.Model}
	for i, p := range o.prompts {
		c, err := w.completion(p.row, "completion")
		if err != nil {
			return fmt.Errorf("posttrain.%s: row %d: OnPolicy below 1 takes completions from the data set: %w", o.method, i, err)
		}
		ids := c.ids[min(c.prompt, len(c.ids)):]
		if len(ids) == 0 {
			return fmt.Errorf("posttrain.%s: row %d has an empty completion: there is no token to learn from", o.method, i)
		}
		if len(ids) > o.draw.MaxNewTokens {
			ids = ids[:o.draw.MaxNewTokens]
		}
		o.given.ids = append(o.given.ids, ids)
	}
	return nil
}

// takes reports whether this generation takes given completions.
func (o *source) takes() bool {
	return o.given.share > 0 && tensor.NewRand(o.s.Seed+uint64(o.made)).Float64() < o.given.share
}

// take returns them for prompts.
func (o *source) take(s rl.Sampler, picked []int, ids [][]int32) ([]rl.Drawn, error) {
	if o.given.teacher != nil {
		s.Model = o.given.teacher
		return s.Draw(ids, o.group, nil)
	}
	end := map[int32]bool{}
	for _, id := range o.draw.Stop {
		end[id] = true
	}
	var out []rl.Drawn
	for _, p := range picked {
		c := o.given.ids[p]
		out = append(out, rl.Drawn{IDs: c, Truncated: !end[c[len(c)-1]]})
	}
	return out, nil
}
