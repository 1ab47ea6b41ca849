package sampling

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"
)

// generationConfig is what of a generation_config.json says how to continue.
type generationConfig struct {
	DoSample          *bool     `json:"do_sample"`
	Temperature       *float64  `json:"temperature"`
	TopK              *int      `json:"top_k"`
	TopP              *float64  `json:"top_p"`
	MinP              *float64  `json:"min_p"`
	Typical           *float64  `json:"typical_p"`
	Epsilon           *float64  `json:"epsilon_cutoff"`
	Eta               *float64  `json:"eta_cutoff"`
	Penalty           *float64  `json:"repetition_penalty"`
	NoRepeatNGram     *int      `json:"no_repeat_ngram_size"`
	BadWords          [][]int32 `json:"bad_words_ids"`
	Suppress          []int32   `json:"suppress_tokens"`
	BeginSuppress     []int32   `json:"begin_suppress_tokens"`
	SequenceBias      any       `json:"sequence_bias"`
	MaxNewTokens      *int      `json:"max_new_tokens"`
	MaxLength         *int      `json:"max_length"`
	MinNewTokens      *int      `json:"min_new_tokens"`
	MinLength         *int      `json:"min_length"`
	StopStrings       oneOrMany[string]
	EOS               oneOrMany[int32]
	NumBeams          *int            `json:"num_beams"`
	LengthPenalty     *float64        `json:"length_penalty"`
	EarlyStopping     json.RawMessage `json:"early_stopping"`
	NumReturnSequence *int            `json:"num_return_sequences"`
}

// oneOrMany is a value or a list of them.
type oneOrMany[T any] []T

func (l *oneOrMany[T]) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); bytes.Equal(b, []byte("null")) {
		return nil
	}
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]T)(l))
	}
	var one T
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*l = []T{one}
	return nil
}

// What would change the text and is not possible here, with the values that stand for nothing.
var notHonoured = map[string][]any{
	"guidance_scale": {1.0}, "penalty_alpha": {0.0}, "dola_layers": {}, "constraints": {}, "force_words_ids": {}, "num_beam_groups": {1.0, 0.0},
	"diversity_penalty": {0.0}, "encoder_repetition_penalty": {1.0}, "encoder_no_repeat_ngram_size": {0.0}, "forced_bos_token_id": {}, "forced_eos_token_id": {},
	"exponential_decay_length_penalty": {}, "watermarking_config": {}, "top_h": {}, "max_time": {}, "token_healing": {false},
}

// ParseConfig reads a generation_config.json, as Transformers writes it, as the options that model.generate would take
// from it; name stands in errors. Where do_sample is not true the text is greedy: the options for drawing are read, and
// take effect when Temperature is set. A config that draws and says nothing of top_k has 50, as in Transformers.
func ParseConfig(name string, data []byte) (Options, error) {
	bad := func(format string, args ...any) (Options, error) {
		return Options{}, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...))
	}
	var keys map[string]any
	if err := json.Unmarshal(data, &keys); err != nil {
		return bad("not a generation_config.json: %v", err)
	}
	var c generationConfig
	if err := json.Unmarshal(data, &c); err != nil {
		return bad("%v", err)
	}
	for key, list := range map[string]json.Unmarshaler{"eos_token_id": &c.EOS, "stop_strings": &c.StopStrings} {
		raw, err := json.Marshal(keys[key])
		if err == nil {
			err = list.UnmarshalJSON(raw)
		}
		if err != nil {
			return bad("%s: %v", key, err)
		}
	}
	var refused []string
	for key, harmless := range notHonoured {
		if v := keys[key]; v != nil && !slices.Contains(harmless, v) {
			refused = append(refused, key)
		}
	}
	if sort.Strings(refused); len(refused) > 0 {
		return bad("%q is set, which is not supported", refused)
	}
	o, err := c.options()
	if err == nil {
		err = o.checkExceptText()
	}
	if err != nil {
		return bad("%v", err)
	}
	return o, nil
}

// checkExceptText is Check where Text is set later.
func (o Options) checkExceptText() error {
	o.Text = func([]int32) string { return "" }
	return o.Check()
}

func or[T any](p *T, without T) T {
	if p == nil {
		return without
	}
	return *p
}

func (c *generationConfig) options() (Options, error) {
	o := Options{TopP: or(c.TopP, 0), MinP: or(c.MinP, 0), Typical: or(c.Typical, 0), Epsilon: or(c.Epsilon, 0), Eta: or(c.Eta, 0),
		TopK: or(c.TopK, 0), Penalty: or(c.Penalty, 0), NoRepeatNGram: or(c.NoRepeatNGram, 0), BadWords: c.BadWords, Suppress: c.Suppress, BeginSuppress: c.BeginSuppress,
		MaxNewTokens: or(c.MaxNewTokens, 0), MaxLength: or(c.MaxLength, 0), MinNewTokens: or(c.MinNewTokens, 0), MinLength: or(c.MinLength, 0),
		Stop: c.EOS, StopStrings: c.StopStrings, Samples: or(c.NumReturnSequence, 0)}
	if o.MaxNewTokens > 0 { // as in Transformers, the one speaks instead of the other
		o.MaxLength = 0
	}
	if or(c.DoSample, false) {
		o.Temperature, o.TopK = or(c.Temperature, 1), or(c.TopK, 50)
	}
	if n := or(c.NumBeams, 1); n > 1 {
		o.Beam = Beam{Width: n, LengthPenalty: or(c.LengthPenalty, 1)}
		switch string(c.EarlyStopping) {
		case "true":
			o.Beam.Early = EarlyAlways
		case `"never"`:
			o.Beam.Early = EarlyNever
		case "", "false", "null":
		default:
			return o, fmt.Errorf(`early_stopping is %s, it must be true, false or "never"`, c.EarlyStopping)
		}
	}
	return o, c.bias(&o)
}

// bias reads [[[token], number], ...].
func (c *generationConfig) bias(o *Options) error {
	if c.SequenceBias == nil {
		return nil
	}
	list, ok := c.SequenceBias.([]any)
	for _, x := range list {
		pair, _ := x.([]any)
		if len(pair) != 2 {
			ok = false
			break
		}
		ids, _ := pair[0].([]any)
		by, isNumber := pair[1].(float64)
		if len(ids) != 1 || !isNumber {
			ok = false
			break
		}
		id, isNumber := ids[0].(float64)
		if !isNumber || id != math.Trunc(id) || id < 0 || id > math.MaxInt32 {
			ok = false
			break
		}
		if o.Bias == nil {
			o.Bias = map[int32]float64{}
		}
		o.Bias[int32(id)] = by
	}
	if !ok {
		return fmt.Errorf("sequence_bias must be a list of [[token], number]; sequences of several tokens are not supported")
	}
	return nil
}
