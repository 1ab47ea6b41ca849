package tokenize_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"lyceum/lib/checkpoint"
	"lyceum/lib/internal/golden"
	"lyceum/lib/tokenize"
	"lyceum/lib/tokenize/mixed"
)

func vocabulary(t *testing.T, name string) (*tokenize.Tokenizer, error) {
	t.Helper()
	g, err := checkpoint.OpenGGUF(filepath.Join(golden.Vocabularies(t), "ggml-vocab-"+name+".gguf"))
	if err != nil {
		t.Fatal(err)
	}
	return tokenize.FromGGUF(name, g.Meta)
}

// TestVocabulariesOfModels encodes the texts that llama.cpp's own tests have for real vocabularies; the ids beside them are
// those of the models' tokenizers in Transformers.
func TestVocabulariesOfModels(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(golden.Vocabularies(t), "ggml-vocab-*.gguf.inp"))
	if err != nil || len(files) < 14 {
		t.Fatalf("%d vocabularies, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "ggml-vocab-"), ".gguf.inp")
		tok, err := vocabulary(t, name)
		if name == "bert-bge" {
			if err == nil || !strings.Contains(err.Error(), `"bert"`) {
				t.Errorf("%s, which is no byte-pair vocabulary: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		texts, err1 := os.ReadFile(file)
		lists, err2 := os.ReadFile(strings.TrimSuffix(file, "inp") + "out")
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		want := strings.Split(strings.TrimSuffix(string(lists), "\n"), "\n")
		got := strings.Split(strings.TrimSuffix(string(texts), "\n__ggml_vocab_test__\n"), "\n__ggml_vocab_test__\n")
		if len(want) != len(got) || len(got) < 20 {
			t.Fatalf("%s: %d texts and %d lists of ids", name, len(got), len(want))
		}
		for i, text := range got {
			var ids []string
			for _, id := range tok.Encode(text) {
				ids = append(ids, strconv.Itoa(int(id)))
			}
			if got := strings.Join(ids, " "); got != strings.TrimSpace(want[i]) {
				t.Errorf("%s: %q is %s, want %s", name, text, got, want[i])
			}
		}
	}
}

// TestAMegabyteAsTokenizers compares all ids of a long mixed text with those of the tokenizers library, by their checksum.
func TestAMegabyteAsTokenizers(t *testing.T) {
	data, err := os.ReadFile("testdata/vocabularies.json")
	if err != nil {
		t.Fatal(err)
	}
	var g struct {
		Vocabularies map[string]struct {
			Tokens int
			Sum    string
		}
	}
	if err := json.Unmarshal(data, &g); err != nil || len(g.Vocabularies) < 15 {
		t.Fatalf("%d vocabularies, %v", len(g.Vocabularies), err)
	}
	text := mixed.Text(1<<20, 1)
	for name, want := range g.Vocabularies {
		tok, err := vocabulary(t, name)
		if err != nil {
			t.Error(err)
			continue
		}
		ids, h := tok.Encode(text), fnv.New64a()
		for _, id := range ids {
			h.Write([]byte{byte(id), byte(id >> 8), byte(id >> 16), byte(id >> 24)})
		}
		if sum := fmt.Sprintf("%016x", h.Sum64()); len(ids) != want.Tokens || sum != want.Sum {
			t.Errorf("%s: %d tokens with the sum %s, want %d with %s", name, len(ids), sum, want.Tokens, want.Sum)
		}
		if got := tok.Decode(ids); tok.Size() > 0 && !strings.Contains(got, "你好世界") {
			t.Errorf("%s: the text does not come back", name)
		}
	}
}
