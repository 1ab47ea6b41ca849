package sampling

import (
	"fmt"
	"math"

	"lyceum/lib/sampling/constrain"
)

// Options say how to continue. The zero value is greedy decoding of 64 tokens.
//
// Scores pass, in the order that Transformers has: Bias, Penalty, Frequency and Presence, NoRepeatNGram, BadWords,
// MinNewTokens, Suppress, BeginSuppress, Processors, Constraint; then, unless decoding is greedy, Temperature, TopK, TopP,
// MinP, Typical, Epsilon, Eta.
type Options struct {
	MaxNewTokens int     // 0: 64, or as many as MaxLength leaves
	MaxLength    int     // prompt and completion together; 0: the model's context
	Temperature  float64 // 0: greedy, the most likely token each time
	TopK         int     // keep the k most likely tokens, and those as likely as the last of them; 0: all
	TopP         float64 // keep the most likely tokens whose probabilities add up to p of what TopK left; 0: all
	MinP         float64 // keep tokens at least MinP times as likely as the most likely one; 0: all
	Typical      float64 // keep the tokens whose surprise is nearest to the entropy, of this mass together (Meister et al. 2022, arXiv:2202.00666); 0: all
	Epsilon      float64 // keep tokens at least this likely (Hewitt et al. 2022, arXiv:2210.15191); 0: all
	Eta          float64 // keep tokens at least min(Eta, sqrt(Eta) exp(-entropy)) likely (the same paper); 0: all
	Penalty      float64 // divide the scores of tokens that were there already (repetition penalty, Keskar et al. 2019); 0 or 1: none
	Frequency    float64 // subtract this for each time that a token was generated before, as vLLM and OpenAI's API do
	Presence     float64 // subtract this once from tokens that were generated before
	// RepeatLastN changes which tokens the three penalties look at. 0: Penalty at prompt and completion, as Transformers does;
	// Frequency and Presence at the completion alone, as vLLM and OpenAI's API do. N > 0: all three at the last N tokens of
	// prompt and completion, as llama.cpp does, whose own value is 64. -1: at all of prompt and completion.
	RepeatLastN int
	Seed        uint64
	FirstRow    int // the number of the first completion: its random numbers are those of completion FirstRow of a larger call

	NoRepeatNGram int               // no run of this many tokens occurs twice, the prompt included; 0: no such rule
	BadWords      [][]int32         // runs of tokens that must not be generated
	Suppress      []int32           // tokens that must not be generated
	BeginSuppress []int32           // tokens that must not be the first one
	Bias          map[int32]float64 // added to the scores of these tokens; -Inf forbids one
	MinLength     int               // stop tokens are not chosen before prompt and completion have this many tokens
	MinNewTokens  int               // stop tokens are not chosen before this many tokens
	Processors    []LogitsProcessor
	// Constraint keeps the text in a language; stop tokens are only chosen where the text is complete, and tokens from
	// which it could not be completed in MaxNewTokens are not.
	Constraint *constrain.Constraint

	Stop        []int32                  // tokens that end the text; they are not part of it unless KeepStop
	KeepStop    bool                     // the stop token is part of IDs, with its log-probability, as reinforcement learning counts it
	StopStrings []string                 // texts that end the completion; the tokens in which they occur stay part of it. Needs Text
	Text        func(ids []int32) string // the tokenizer's decoder, without special tokens
	// StopText is the decoder in whose text StopStrings are looked for: with special tokens, as Transformers' StopStringCriteria
	// has it, so that "<|im_end|>" ends a text too. nil: Text.
	StopText func(ids []int32) string

	Samples     int                     // completions for each prompt, whose keys and values are computed once; 0: 1
	Beam        Beam                    // beam search instead of greedy decoding
	TopLogProbs int                     // this many most likely tokens are reported for each token
	OnToken     func(row int, id int32) // called for each new token; row is the index of the completion
	Weights     string                  // "float32" (or empty), "bf16", "int8" or "int4": see transformer.DecodeOptions
	Slots       int                     // sequences in work at once; 0: up to 64, fewer if the contexts are long
}

// A LogitsProcessor changes the scores of the token after ids (prompt and completion so far) in place, and may forbid a
// token by -Inf. row is the index of the completion. It is called on one goroutine, in the order of rows.
type LogitsProcessor func(row int, ids []int32, scores []float32)

// Check says what is wrong with the options.
func (o Options) Check() error {
	if o.MaxNewTokens < 0 {
		return fmt.Errorf("sampling: MaxNewTokens is %d, it must not be negative", o.MaxNewTokens)
	}
	if !(o.Temperature >= 0) || math.IsInf(o.Temperature, 0) {
		return fmt.Errorf("sampling: Temperature is %v, it must be 0 (greedy) or more", o.Temperature)
	}
	for _, f := range []struct {
		name  string
		value float64
	}{{"TopP", o.TopP}, {"MinP", o.MinP}, {"Typical", o.Typical}, {"Epsilon", o.Epsilon}, {"Eta", o.Eta}} {
		if !(f.value >= 0 && f.value <= 1) {
			return fmt.Errorf("sampling: %s is %v, it must be between 0 and 1", f.name, f.value)
		}
	}
	for _, f := range []struct {
		name  string
		value int
	}{{"TopK", o.TopK}, {"NoRepeatNGram", o.NoRepeatNGram}, {"MinNewTokens", o.MinNewTokens}, {"Samples", o.Samples}, {"TopLogProbs", o.TopLogProbs}, {"Slots", o.Slots}, {"FirstRow", o.FirstRow}, {"MaxLength", o.MaxLength}, {"MinLength", o.MinLength}, {"Beam.Width", o.Beam.Width}} {
		if f.value < 0 {
			return fmt.Errorf("sampling: %s is %d, it must not be negative", f.name, f.value)
		}
	}
	if !(o.Penalty >= 0) {
		return fmt.Errorf("sampling: Penalty is %v, it must not be negative", o.Penalty)
	}
	if !finite(o.Frequency) || !finite(o.Presence) {
		return fmt.Errorf("sampling: Frequency is %v and Presence %v, they must be finite", o.Frequency, o.Presence)
	}
	if o.RepeatLastN < -1 {
		return fmt.Errorf("sampling: RepeatLastN is %d, it must be a number of tokens, 0 (as Transformers and vLLM count) or -1 (all)", o.RepeatLastN)
	}
	for id, b := range o.Bias {
		if math.IsNaN(b) || math.IsInf(b, 1) {
			return fmt.Errorf("sampling: Bias of token %d is %v, it must be finite or -Inf", id, b)
		}
	}
	if o.Constraint != nil && (o.MinNewTokens > 0 || o.MinLength > 0 || len(o.StopStrings) > 0) {
		return fmt.Errorf("sampling: a Constraint says where the text ends: MinNewTokens, MinLength and StopStrings cannot be combined with it")
	}
	for i, w := range o.BadWords {
		if len(w) == 0 {
			return fmt.Errorf("sampling: BadWords[%d] has no tokens", i)
		}
	}
	for i, s := range o.StopStrings {
		if s == "" {
			return fmt.Errorf("sampling: StopStrings[%d] is empty", i)
		}
	}
	if len(o.StopStrings) > 0 && o.Text == nil {
		return fmt.Errorf("sampling: StopStrings need Text, the tokenizer's decoder")
	}
	return o.Beam.check(o)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// processes reports whether anything changes the scores before they are drawn from.
func (o *Options) processes() bool {
	return o.Penalty > 0 && o.Penalty != 1 || o.Frequency != 0 || o.Presence != 0 || o.NoRepeatNGram > 0 ||
		len(o.BadWords) > 0 || len(o.Suppress) > 0 || len(o.BeginSuppress) > 0 || len(o.Bias) > 0 || o.Constraint != nil || (o.MinNewTokens > 0 || o.MinLength > 0) && len(o.Stop) > 0 || len(o.Processors) > 0
}

// filters reports whether tokens are left out of the draw.
func (o *Options) filters() bool {
	return o.TopK > 0 || o.TopP > 0 && o.TopP < 1 || o.MinP > 0 || o.Typical > 0 && o.Typical < 1 || o.Epsilon > 0 || o.Eta > 0
}

// checkIDs says which of the token ids in the options is outside the vocabulary.
func (o *Options) checkIDs(vocab int) error {
	lists := map[string][]int32{"Suppress": o.Suppress, "BeginSuppress": o.BeginSuppress}
	for id := range o.Bias {
		lists["Bias"] = append(lists["Bias"], id)
	}
	for i, w := range o.BadWords {
		lists[fmt.Sprintf("BadWords[%d]", i)] = w
	}
	for name, ids := range lists {
		for _, id := range ids {
			if id < 0 || int(id) >= vocab {
				return fmt.Errorf("sampling: %s has token %d, the vocabulary is %d", name, id, vocab)
			}
		}
	}
	return nil
}

// room is how many tokens prompt and completion may have together, if the prompt has n.
func (o *Options) room(n, context int) int {
	room := min(n+o.MaxNewTokens, context)
	if o.MaxLength > 0 {
		room = min(room, o.MaxLength)
	}
	return room
}
