package tokenize

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// goldens is the file that testdata/make.py writes.
type goldens struct {
	Texts        []string
	Vocabularies map[string]map[string]json.RawMessage
	Kinds        []struct {
		Name, Vocabulary string
		Parts            map[string]json.RawMessage
		Rows             []struct {
			IDs           []int32
			Offsets       [][2]int
			Decode, Plain string
		}
		Pair struct {
			IDs   []int32
			Types []int
		}
	}
}

func readGoldens(t *testing.T) goldens {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g goldens
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// file puts a tokenizer.json together.
func (g *goldens) file(t *testing.T, kind int) []byte {
	t.Helper()
	k := g.Kinds[kind]
	file := map[string]json.RawMessage{}
	for name, v := range g.Vocabularies[k.Vocabulary] {
		file[name] = v
	}
	var model map[string]json.RawMessage
	if err := json.Unmarshal(file["model"], &model); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"normalizer", "pre_tokenizer", "post_processor", "decoder"} {
		file[part] = json.RawMessage("null")
		if v, ok := k.Parts[part]; ok {
			file[part] = v
		}
	}
	for _, flag := range []string{"byte_fallback", "fuse_unk", "ignore_merges"} {
		if v, ok := k.Parts[flag]; ok {
			model[flag] = v
		}
	}
	file["model"], _ = json.Marshal(model)
	data, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestAsTokenizers compares ids, offsets and decoded text of every kind of pipeline with the tokenizers library; once as
// the file is, and once after it was written and read again.
func TestAsTokenizers(t *testing.T) {
	g := readGoldens(t)
	for i, k := range g.Kinds {
		t.Run(k.Name, func(t *testing.T) {
			tok, err := FromJSON("golden", g.file(t, i))
			if err != nil {
				t.Fatal(err)
			}
			written, err := tok.JSON()
			if err != nil {
				t.Fatal(err)
			}
			again, err := FromJSON("written", written)
			if err != nil {
				t.Fatal(err)
			}
			for n, text := range g.Texts {
				want := k.Rows[n]
				e := tok.EncodeWithOffsets(text, EncodeOptions{AddSpecialTokens: true})
				if !slices.Equal(e.IDs, want.IDs) {
					t.Errorf("%q: %v, want %v", text, e.IDs, want.IDs)
					continue
				}
				if !slices.Equal(e.Offsets, want.Offsets) {
					t.Errorf("%q: offsets %v, want %v", text, e.Offsets, want.Offsets)
				}
				if ids := again.EncodeWith(text, EncodeOptions{AddSpecialTokens: true}); !slices.Equal(ids, want.IDs) {
					t.Errorf("%q, written and read again: %v, want %v", text, ids, want.IDs)
				}
				if got := tok.Decode(want.IDs); got != want.Decode {
					t.Errorf("%v: decoded %q, want %q", want.IDs, got, want.Decode)
				}
				if got := tok.DecodePlain(want.IDs); got != want.Plain {
					t.Errorf("%v: decoded %q, want %q", want.IDs, got, want.Plain)
				}
				if got := streamed(tok, want.IDs); got != want.Decode {
					t.Errorf("%v: streamed %q, want %q", want.IDs, got, want.Decode)
				}
			}
			p := tok.EncodePair(g.Texts[3], g.Texts[4], EncodeOptions{AddSpecialTokens: true})
			if !slices.Equal(p.IDs, k.Pair.IDs) || !slices.Equal(p.Types, k.Pair.Types) {
				t.Errorf("pair: %v %v, want %v %v", p.IDs, p.Types, k.Pair.IDs, k.Pair.Types)
			}
		})
	}
}

func streamed(t *Tokenizer, ids []int32) string {
	var b strings.Builder
	s := t.Stream(false)
	for _, id := range ids {
		b.WriteString(s.Next(id))
	}
	return b.String() + s.End()
}

// TestStreamGivesWholeCharacters cuts characters into tokens of single bytes.
func TestStreamGivesWholeCharacters(t *testing.T) {
	g := readGoldens(t)
	for i, k := range g.Kinds {
		if k.Name != "gpt2" && k.Name != "llama2" {
			continue
		}
		tok, err := FromJSON("golden", g.file(t, i))
		if err != nil {
			t.Fatal(err)
		}
		s := tok.Stream(true)
		for _, id := range tok.Encode("世 é😀, x") {
			text := s.Next(id)
			if strings.Contains(text, "\ufffd") {
				t.Errorf("%s: %q is no whole character", k.Name, text)
			}
		}
		cut := tok.Encode("𐐀")
		cut = cut[:len(cut)-1]
		if got := streamed(tok, cut); !strings.Contains(got, "\ufffd") || got != tok.Decode(cut) {
			t.Errorf("%s: a character that is cut off gives %q, want %q", k.Name, got, tok.Decode(cut))
		}
	}
}

// TestNoQuadraticTime encodes a long text of one unit: what is cut into words badly, joined badly, or normalised badly
// would take hours.
func TestNoQuadraticTime(t *testing.T) {
	g := readGoldens(t)
	const size = 50_000
	for i, k := range g.Kinds {
		tok, err := FromJSON("golden", g.file(t, i))
		if err != nil {
			t.Fatal(err)
		}
		for _, unit := range []string{"a", " ", "a'", "\n ", "e\u0301", "\u0315\u0300", "<", "1", "世"} {
			text := strings.Repeat(unit, size/len(unit))
			ids := tok.Encode(text)
			if len(ids) == 0 && unit != "\u0315\u0300" && strings.TrimSpace(text) != "" {
				t.Errorf("%s: %d bytes of %q have no tokens", k.Name, size, unit)
			}
		}
	}
}

// TestDamagedGoldenFails makes sure that the comparison can fail.
func TestDamagedGoldenFails(t *testing.T) {
	g := readGoldens(t)
	tok, err := FromJSON("golden", g.file(t, 0))
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(g.Kinds[0].Rows[2].IDs)
	want[0]++
	if slices.Equal(tok.Encode(g.Texts[2]), want) {
		t.Error("other ids are equal")
	}
}
