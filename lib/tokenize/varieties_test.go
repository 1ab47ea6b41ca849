package tokenize

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// Parts that few models have give what the tokenizers library gives: ids, offsets, and the text in both forms. See
// testdata/varieties.py.
func TestVarietiesAsTokenizers(t *testing.T) {
	data, err := os.ReadFile("testdata/varieties.json")
	if err != nil {
		t.Fatal(err)
	}
	var g struct {
		Texts []string
		Model json.RawMessage
		Cases map[string]struct {
			Parts map[string]json.RawMessage
			Rows  [][4]json.RawMessage
		}
	}
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Cases) < 12 {
		t.Fatalf("%d cases", len(g.Cases))
	}
	for name, c := range g.Cases {
		c.Parts["model"] = g.Model
		file, err := json.Marshal(c.Parts)
		if err != nil {
			t.Fatal(err)
		}
		tok, err := FromJSON(name, file)
		if err != nil {
			t.Error(err)
			continue
		}
		for i, text := range g.Texts {
			var ids []int32
			var offsets [][2]int
			var with, without string
			for k, into := range []any{&ids, &offsets, &with, &without} {
				if err := json.Unmarshal(c.Rows[i][k], into); err != nil {
					t.Fatal(err)
				}
			}
			e := tok.EncodeWithOffsets(text, EncodeOptions{AddSpecialTokens: true})
			if !slices.Equal(e.IDs, ids) || len(ids) > 0 && !slices.Equal(e.Offsets, offsets) {
				t.Errorf("%s: %q is %v at %v, want %v at %v", name, text, e.IDs, e.Offsets, ids, offsets)
			}
			if got := tok.Decode(ids); got != with {
				t.Errorf("%s: %v spells %q, want %q", name, ids, got, with)
			}
			if got := tok.DecodePlain(ids); got != without {
				t.Errorf("%s: %v without special tokens spells %q, want %q", name, ids, got, without)
			}
		}
	}
}
