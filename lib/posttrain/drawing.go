package posttrain

import (
	"fmt"
	"slices"

	"lyceum/lib/sampling"
	"lyceum/lib/zoo"
)

// drawing is how a run draws completions: as the single fields of its config say, or as whole does, which is its field Sampling.
// A completion ends at the model's own end token in any case, as TRL cuts it there.
func drawing(config string, m *zoo.Model, single sampling.Options, whole *sampling.Options, draws bool) (sampling.Options, error) {
	single.Stop = stops(m)
	if whole == nil {
		return single, nil
	}
	o := *whole
	if o.MaxNewTokens == 0 {
		o.MaxNewTokens = single.MaxNewTokens
	}
	for _, id := range single.Stop {
		if !slices.Contains(o.Stop, id) {
			o.Stop = append(slices.Clip(o.Stop), id)
		}
	}
	if o.Text == nil {
		o.Text = m.Tok.DecodePlain
	}
	if o.StopText == nil {
		o.StopText = m.Tok.Decode
	}
	err := o.Check()
	switch {
	case err != nil:
	case o.Beam.Width > 1:
		err = fmt.Errorf("Beam.Width is %d, it must be 0: the completions of a prompt are drawn one by one", o.Beam.Width)
	case o.Samples > 1:
		err = fmt.Errorf("Samples is %d, it must be 0: the size of the group says how many there are", o.Samples)
	case !roomFor(o.MaxNewTokens, m, draws):
		err = fmt.Errorf("MaxNewTokens is %d, it must be below the model's context, %d", o.MaxNewTokens, m.LM.Config.Context)
	}
	if err != nil {
		return o, fmt.Errorf("posttrain.%s: Sampling: %w", config, err)
	}
	return o, nil
}

// ended reports whether a completion ends as the model ends them: at its end token, or padding.
func (o *source) ended(ids []int32) bool {
	last := ids[len(ids)-1]
	pad, padded := o.run.Model.Tok.PAD()
	return padded && last == pad || slices.Contains(stops(o.run.Model), last)
}
