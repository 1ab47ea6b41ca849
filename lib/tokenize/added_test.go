package tokenize

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

func TestAddedTokensAtTheirEdges(t *testing.T) {
	data, err := os.ReadFile("testdata/added.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Cases []struct {
			Name      string
			Tokenizer json.RawMessage
			Rows      []struct {
				Text    string
				IDs     []int32
				Offsets [][2]int
			}
		}
	}
	if err := json.Unmarshal(data, &golden); err != nil || len(golden.Cases) == 0 {
		t.Fatal(err)
	}
	for _, c := range golden.Cases {
		tok, err := FromJSON(c.Name, c.Tokenizer)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range c.Rows {
			if e := tok.EncodeWithOffsets(r.Text, EncodeOptions{}); fmt.Sprint(e.IDs, e.Offsets) != fmt.Sprint(r.IDs, r.Offsets) {
				t.Errorf("%s: %q: %v at %v, tokenizers has %v at %v", c.Name, r.Text, e.IDs, e.Offsets, r.IDs, r.Offsets)
			}
		}
	}
}

// Of two tokens that normalisation makes one, the first counts, on every run.
func TestTokensThatBecomeOne(t *testing.T) {
	text := `{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}, "normalizer": {"type": "Lowercase"}, "added_tokens": [
		{"id": 1, "content": "Ab", "normalized": true}, {"id": 2, "content": "aB", "normalized": true}]}`
	for range 20 {
		tok, err := FromJSON("twins", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := tok.Encode("abAB"); fmt.Sprint(got) != "[1 1]" {
			t.Fatal(got)
		}
	}
}
