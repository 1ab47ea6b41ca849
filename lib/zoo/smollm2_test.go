package zoo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/fnv"
	"math"
	"os"
	"slices"
	"sort"
	"testing"
	"unsafe"

	"lyceum/lib/checkpoint"
	"lyceum/lib/sampling"
	"lyceum/lib/tokenize/mixed"
	"lyceum/lib/transformer"
)

// logitTolerance is how far a logit of the 135 million parameters may be from that of Transformers; both sum in float32.
const logitTolerance = 1e-3

// realModel loads SmolLM2-135M-Instruct, which "lyceum get" has fetched: .ci/run does so first.
func realModel(t *testing.T) *Model {
	t.Helper()
	m, err := SmolLM2()
	if errors.Is(err, ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

type goldenModel struct {
	Weights string
	Prompts []struct {
		Text             string
		IDs, Top, Greedy []int32
		Logits           []float64
		Mean             float64
	}
}

func TestSmolLM2IsThatOfTransformers(t *testing.T) {
	m := realModel(t)
	var g goldenModel
	data, err := os.ReadFile("testdata/smollm2.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &g); err != nil || len(g.Prompts) != 20 {
		t.Fatalf("golden values: %d prompts, %v", len(g.Prompts), err)
	}
	if got := weightSum(m.LM); got != g.Weights {
		t.Errorf("the weights are not those that the gguf package reads: %s", got)
	}
	var prompts [][]int32
	for _, p := range g.Prompts {
		if ids := m.Tok.Encode(p.Text); !slices.Equal(ids, p.IDs) {
			t.Errorf("%q is %v, want %v", p.Text, ids, p.IDs)
		}
		prompts = append(prompts, p.IDs)
	}
	batch := transformer.Pad(prompts, 0)
	logits, v := m.LM.Logits(batch).Data(), m.LM.Config.Vocab
	for i, p := range g.Prompts {
		last := logits[(i*batch.Length+len(p.IDs)-1)*v:][:v]
		mean := 0.0
		for _, x := range last {
			mean += float64(x) / float64(v)
		}
		if math.Abs(mean-p.Mean) > logitTolerance {
			t.Errorf("%q: the mean of the logits is %v, want %v", p.Text, mean, p.Mean)
		}
		for j, id := range p.Top {
			if d := math.Abs(float64(last[id]) - p.Logits[j]); d > logitTolerance {
				t.Errorf("%q: the logit of %d is %v, want %v", p.Text, id, last[id], p.Logits[j])
			}
		}
	}
	cs, err := sampling.Generate(m.LM, prompts, sampling.Options{MaxNewTokens: 48})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range g.Prompts {
		if !slices.Equal(cs[i].IDs, p.Greedy) {
			t.Errorf("%q goes on with %v, want %v", p.Text, cs[i].IDs, p.Greedy)
		}
	}
}

// TestTokensOfAMegabyte compares all ids of a long mixed text with those of tokenizers 0.23.3, by their checksum:
// go run ./lib/tokenize/speed prints it for a tokenizer.json.
func TestTokensOfAMegabyte(t *testing.T) {
	const tokens, want = 412547, uint64(0x4d3dcde31056722f)
	m := realModel(t)
	text := mixed.Text(1<<20, 1)
	ids, h := m.Tok.Encode(text), fnv.New64a()
	for _, id := range ids {
		h.Write([]byte{byte(id), byte(id >> 8), byte(id >> 16), byte(id >> 24)})
	}
	if len(ids) != tokens || h.Sum64() != want {
		t.Errorf("%d tokens with the sum %016x, want %d with %016x", len(ids), h.Sum64(), tokens, want)
	}
	if m.Tok.Decode(ids) != text {
		t.Error("the text does not come back")
	}
}

// weightSum is the checksum of all parameters as make.py computes it.
func weightSum(m *transformer.LM) string {
	ts := checkpoint.Tensors(m)
	sort.Slice(ts, func(i, j int) bool { return ts[i].Name < ts[j].Name })
	h := sha256.New()
	for _, t := range ts {
		h.Write(unsafe.Slice((*byte)(unsafe.Pointer(&t.Data[0])), 4*len(t.Data)))
	}
	return hex.EncodeToString(h.Sum(nil))
}
