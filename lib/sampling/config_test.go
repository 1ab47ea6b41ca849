package sampling

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseConfig(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{`{"eos_token_id": 2, "pad_token_id": 0, "transformers_version": "5.23.0", "_from_model_config": true}`, "T 0 k 0 p 0 stop [2]"},
		{`{"do_sample": true, "eos_token_id": [1, 106], "top_k": 64, "top_p": 0.95}`, "T 1 k 64 p 0.95 stop [1 106]"},
		{`{"do_sample": true, "temperature": 0.6, "top_p": 0.9, "eos_token_id": [128001, 128008]}`, "T 0.6 k 50 p 0.9 stop [128001 128008]"},
		{`{"temperature": 0.6, "top_k": 20}`, "T 0 k 20 p 0 stop []"},
		{`{"do_sample": true, "temperature": 0.7, "top_k": 0, "eos_token_id": null}`, "T 0.7 k 0 p 0 stop []"},
	} {
		o, err := ParseConfig("x", []byte(c.file))
		if got := fmt.Sprintf("T %v k %v p %v stop %v", o.Temperature, o.TopK, o.TopP, o.Stop); err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", c.file, got, err, c.want)
		}
	}
	o, err := ParseConfig("x", []byte(`{"num_beams": 4, "length_penalty": 2.0, "early_stopping": "never", "num_return_sequences": 2, "repetition_penalty": 1.1, "no_repeat_ngram_size": 3, "bad_words_ids": [[4], [5, 6]],
		"suppress_tokens": [7], "begin_suppress_tokens": [8], "sequence_bias": [[[9], -2.5]], "max_new_tokens": 30, "max_length": 20, "min_new_tokens": 2, "min_length": 5, "min_p": 0.1, "typical_p": 0.9, "epsilon_cutoff": 0.01, "eta_cutoff": 0.02, "guidance_scale": 1.0, "encoder_repetition_penalty": 1}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(o.Beam, o.Samples, o.Penalty, o.NoRepeatNGram, o.BadWords, o.Suppress, o.BeginSuppress, o.Bias, o.MaxNewTokens, o.MaxLength, o.MinNewTokens, o.MinLength, o.MinP, o.Typical, o.Epsilon, o.Eta),
		"{4 2 2} 2 1.1 3 [[4] [5 6]] [7] [8] map[9:-2.5] 30 0 2 5 0.1 0.9 0.01 0.02"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for file, want := range map[string]string{`{"stop_strings": "END"}`: "[END]", `{"stop_strings": ["a", "b"]}`: "[a b]", `{"stop_strings": null}`: "[]"} {
		if o, err := ParseConfig("x", []byte(file)); err != nil || fmt.Sprint(o.StopStrings) != want {
			t.Errorf("%s: %v, %v", file, o.StopStrings, err)
		}
	}
	for file, word := range map[string]string{`{`: "not a generation_config", `{"top_p": 2}`: "TopP", `{"eos_token_id": "x"}`: "eos_token_id", `{"guidance_scale": 1.5}`: "guidance_scale", `{"num_beams": 2, "do_sample": true}`: "Temperature",
		`{"sequence_bias": [[[1, 2], 3.0]]}`: "sequence_bias", `{"early_stopping": "x", "num_beams": 2}`: "early_stopping", `{"top_k": -1}`: "TopK", `{"max_length": "long"}`: "max_length"} {
		if _, err := ParseConfig("file.json", []byte(file)); err == nil || !strings.Contains(err.Error(), word) || !strings.Contains(err.Error(), "file.json") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestMaxAndMinLength(t *testing.T) {
	m := sharp(tiny, 4)
	out, err := Generate(m, [][]int32{{1, 2}, {1, 2, 3, 4}}, Options{MaxLength: 9})
	if err != nil || len(out[0].IDs) != 7 || len(out[1].IDs) != 5 {
		t.Fatalf("%v", out)
	}
	beam, err := Generate(m, [][]int32{{1, 2}, {1, 2, 3, 4}}, Options{MaxLength: 9, Beam: BeamSearch(2)})
	if err != nil || len(beam[0].IDs) != 7 || len(beam[1].IDs) != 5 {
		t.Errorf("%v", beam)
	}
	long, err := Generate(m, [][]int32{{1, 2}}, Options{MaxLength: 9, MinLength: 6, Stop: []int32{out[0].IDs[0]}})
	if err != nil || len(long[0].IDs) < 4 {
		t.Errorf("%v, %v", long, err)
	}
	if _, err := Generate(m, [][]int32{{1, 2}}, Options{MaxLength: 2}); err == nil {
		t.Error("no room: no error")
	}
}
