package main

import (
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"lyceum/lib/sampling"
	"lyceum/lib/sampling/constrain"
	"lyceum/lib/zoo"
)

// samplingFlags are how text is continued. What is not given is as the model's generation_config.json has it.
type samplingFlags struct {
	o                     sampling.Options
	stopStrings, badWords many
	bias                  many
	stopIDs, suppress     string
	ignoreEOS             bool
	regex, schema         string
	anyJSON               bool
	temperature           float64
	maxNew, minNew        int
	topK                  int
	topP, minP, typical   float64
	epsilon, eta          float64
	penalty               float64
	frequency, presence   float64
	noRepeat, repeatLast  int
	seed                  uint64
}

func (f *samplingFlags) add(fl *flag.FlagSet) {
	fl.IntVar(&f.maxNew, "max-new-tokens", 0, "write at most `N` tokens (default as the model's generation_config.json has it, else 256, in a chat 512)")
	fl.Float64Var(&f.temperature, "temperature", 0, "draw from the scores divided by `T`; 0 takes the most likely token each time")
	fl.Uint64Var(&f.seed, "seed", 0, "draw with the random numbers of seed `S`")
	fl.IntVar(&f.topK, "top-k", 0, "draw from the `K` most likely tokens; 0: all")
	fl.Float64Var(&f.topP, "top-p", 0, "draw from the most likely tokens that have the share `P` together")
	fl.Float64Var(&f.minP, "min-p", 0, "draw from tokens at least `P` times as likely as the most likely one")
	fl.Float64Var(&f.typical, "typical-p", 0, "draw from the tokens of typical surprise that have the share `P` together")
	fl.Float64Var(&f.epsilon, "epsilon-cutoff", 0, "draw from tokens at least as likely as `P`")
	fl.Float64Var(&f.eta, "eta-cutoff", 0, "the same, with a bound that sinks with the entropy (`P`)")
	fl.Float64Var(&f.penalty, "repetition-penalty", 0, "divide the scores of tokens that were there, the prompt included, by `X`; 1: do not")
	fl.Float64Var(&f.frequency, "frequency-penalty", 0, "subtract `X` for each time that a token was written, the prompt not counted")
	fl.Float64Var(&f.presence, "presence-penalty", 0, "subtract `X` once from tokens that were written, the prompt not counted")
	fl.IntVar(&f.repeatLast, "repeat-last-n", 0, "let the three penalties look at the last `N` tokens of prompt and text, as llama.cpp does (its own N is 64); -1: at all of them; 0: no penalties")
	fl.IntVar(&f.noRepeat, "no-repeat-ngram-size", 0, "let no run of `N` tokens occur twice")
	fl.IntVar(&f.minNew, "min-new-tokens", 0, "do not end before `N` tokens")
	fl.Var(&f.stopStrings, "stop", "end where `TEXT` would be written; may be repeated")
	fl.StringVar(&f.stopIDs, "stop-ids", "", "end at one of these tokens (`IDS` with commas) instead of the model's own")
	fl.BoolVar(&f.ignoreEOS, "ignore-eos", false, "write the model's stop tokens like others and go on")
	fl.Var(&f.badWords, "bad-word", "do not write `TEXT`; may be repeated")
	fl.StringVar(&f.suppress, "suppress", "", "do not write these tokens (`IDS` with commas)")
	fl.Var(&f.bias, "logit-bias", "add to the score of a token: `ID=X`; may be repeated")
	fl.StringVar(&f.regex, "regex", "", "write a text that matches the `PATTERN` from beginning to end")
	fl.StringVar(&f.schema, "json-schema", "", "write JSON that is valid under the schema of a `FILE`")
	fl.BoolVar(&f.anyJSON, "json-object", false, "write a JSON object")
}

// draws are the flags that only matter where tokens are drawn.
var draws = []string{"top-k", "top-p", "min-p", "typical-p", "epsilon-cutoff", "eta-cutoff"}

// options joins the flags with what the model says.
func (f *samplingFlags) options(m *zoo.Model, set map[string]bool, chat bool) (sampling.Options, error) {
	var o sampling.Options
	if m.Tok != nil {
		o = m.Options(chat)
	} else {
		o = m.Generation
	}
	for _, v := range []struct {
		name string
		to   *float64
		x    float64
	}{{"temperature", &o.Temperature, f.temperature}, {"top-p", &o.TopP, f.topP}, {"min-p", &o.MinP, f.minP}, {"typical-p", &o.Typical, f.typical}, {"epsilon-cutoff", &o.Epsilon, f.epsilon},
		{"eta-cutoff", &o.Eta, f.eta}, {"repetition-penalty", &o.Penalty, f.penalty}, {"frequency-penalty", &o.Frequency, f.frequency}, {"presence-penalty", &o.Presence, f.presence}} {
		if set[v.name] {
			*v.to = v.x
		}
	}
	for _, v := range []struct {
		name string
		to   *int
		x    int
	}{{"top-k", &o.TopK, f.topK}, {"no-repeat-ngram-size", &o.NoRepeatNGram, f.noRepeat}, {"min-new-tokens", &o.MinNewTokens, f.minNew}} {
		if set[v.name] {
			*v.to = v.x
		}
	}
	if set["repeat-last-n"] {
		if o.RepeatLastN = f.repeatLast; f.repeatLast == 0 {
			o.Penalty, o.Frequency, o.Presence = 0, 0, 0
		}
	}
	if set["temperature"] && f.temperature > 0 {
		o.Beam = sampling.Beam{}
	}
	if set["max-new-tokens"] {
		if f.maxNew < 1 {
			return o, fmt.Errorf("--max-new-tokens is %d, it must be at least 1", f.maxNew)
		}
		o.MaxNewTokens, o.MaxLength = f.maxNew, 0
	}
	if o.Seed = f.seed; o.Temperature == 0 && !set["temperature"] {
		for _, name := range draws {
			if set[name] {
				return o, fmt.Errorf("--%s has no effect without --temperature", name)
			}
		}
	}
	if err := f.stops(m, &o); err != nil {
		return o, err
	}
	if err := f.words(m, &o); err != nil {
		return o, err
	}
	if err := f.constraint(m, &o); err != nil {
		return o, err
	}
	return o, o.Check()
}

func (f *samplingFlags) stops(m *zoo.Model, o *sampling.Options) (err error) {
	if f.ignoreEOS {
		o.Stop = nil
	}
	if f.stopIDs != "" {
		if o.Stop, err = numbersIn("--stop-ids", f.stopIDs); err != nil {
			return err
		}
	}
	if len(f.stopStrings) > 0 {
		if m.Tok == nil {
			return errors.New("--stop needs a tokenizer, and the model has none")
		}
		o.StopStrings = f.stopStrings
	}
	return nil
}

func (f *samplingFlags) words(m *zoo.Model, o *sampling.Options) error {
	for _, w := range f.badWords {
		if m.Tok == nil {
			return errors.New("--bad-word needs a tokenizer, and the model has none")
		}
		// As a word stands in a text, and as it begins one.
		for _, text := range []string{w, " " + w} {
			if ids := m.Tok.Encode(text); len(ids) > 0 {
				o.BadWords = append(o.BadWords, ids)
			}
		}
	}
	if f.suppress != "" {
		ids, err := numbersIn("--suppress", f.suppress)
		if err != nil {
			return err
		}
		o.Suppress = append(o.Suppress, ids...)
	}
	for _, b := range f.bias {
		id, by, ok := strings.Cut(b, "=")
		n, err := strconv.ParseInt(id, 10, 32)
		x, err2 := strconv.ParseFloat(by, 64)
		if !ok || err != nil || err2 != nil {
			return fmt.Errorf("--logit-bias %q: give a token id and a number, as 42=-1.5", b)
		}
		if o.Bias == nil {
			o.Bias = map[int32]float64{}
		}
		o.Bias[int32(n)] = x
	}
	return nil
}

func (f *samplingFlags) constraint(m *zoo.Model, o *sampling.Options) error {
	var g *constrain.Grammar
	var err error
	n := 0
	if f.regex != "" {
		n++
		if g, err = constrain.Regexp(f.regex); err != nil {
			return fmt.Errorf("--regex: %w", err)
		}
	}
	if f.schema != "" {
		n++
		schema, err := readAll(f.schema)
		if err != nil {
			return fmt.Errorf("--json-schema: %v", err)
		}
		if g, err = constrain.JSONSchema(schema); err != nil {
			return fmt.Errorf("--json-schema %s: %w", f.schema, err)
		}
	}
	if f.anyJSON {
		n++
		g = constrain.JSON(true)
	}
	switch {
	case n == 0:
		return nil
	case n > 1:
		return errors.New("only one of --regex, --json-schema and --json-object is possible")
	case m.Tok == nil:
		return errors.New("a constraint needs a tokenizer, and the model has none")
	}
	o.Constraint, err = m.Constrain(g)
	return err
}
