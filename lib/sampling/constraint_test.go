package sampling

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"lyceum/lib/sampling/constrain"
	"lyceum/lib/transformer"
)

// spelling is a vocabulary of all bytes and some longer tokens; the last token, the stop token, spells nothing.
func spelling() (texts []string, end int32) {
	for b := range 256 {
		texts = append(texts, string([]byte{byte(b)}))
	}
	texts = append(texts, `{"`, `": `, `", "`, "name", "age", "true", "}}", "\xc3", "12", "ab", "aab", "")
	return texts, int32(len(texts) - 1)
}

func constraintModel() (*transformer.LM, func(*constrain.Grammar) *constrain.Constraint, func([]int32) string, int32) {
	texts, end := spelling()
	c := transformer.Config{Vocab: len(texts) + 4, Dim: 32, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 16, Hidden: 48, Context: 160, RopeTheta: 10000, NormEps: 1e-5, Tied: true}
	v := constrain.NewVocabulary(len(texts), func(id int32) string { return texts[id] })
	over := func(g *constrain.Grammar) *constrain.Constraint {
		k, err := constrain.New(g, v)
		if err != nil {
			panic(err)
		}
		return k
	}
	decode := func(ids []int32) string {
		var b strings.Builder
		for _, id := range ids {
			b.WriteString(texts[id])
		}
		return b.String()
	}
	return sharp(c, 8), over, decode, end
}

func TestConstrainedTextsMatch(t *testing.T) {
	m, over, decode, end := constraintModel()
	schema, err := constrain.JSONSchema([]byte(`{"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 18, "maximum": 99}, "on": {"type": "boolean"}}, "required": ["name", "age", "on"]}`))
	if err != nil {
		t.Fatal(err)
	}
	pattern := `(a|ab){3,40}-\d{2}|[à-ü]+!`
	expression, err := constrain.Regexp(pattern)
	if err != nil {
		t.Fatal(err)
	}
	re := regexp.MustCompile(`^(?:` + pattern + `)\z`)
	curtailed := 0
	for seed := range uint64(12) {
		for _, o := range []Options{{}, {Temperature: 1}, {Temperature: 1.5, TopK: 5, Stop: []int32{end}}, {Stop: []int32{end}, KeepStop: true}, {Beam: BeamSearch(3), Samples: 2, Stop: []int32{end}}, {Beam: BeamSearch(2)}} {
			o.Seed = seed
			for _, o.MaxNewTokens = range []int{27, 40, 80} {
				for i, g := range []*constrain.Grammar{schema, expression} {
					o.Constraint = over(g)
					out, err := Generate(m, [][]int32{{int32(seed), 2}, {3}}, o)
					if err != nil {
						t.Fatal(err)
					}
					for _, c := range out {
						text := decode(c.IDs)
						var v struct {
							Name string
							Age  int
						}
						if i == 0 && (json.Unmarshal([]byte(text), &v) != nil || v.Age < 18 || v.Age > 99) || i == 1 && !re.MatchString(text) {
							t.Fatalf("seed %d, %+v: %q", seed, o, text)
						}
						if c.Curtailed {
							curtailed++
						}
					}
				}
			}
		}
	}
	if curtailed == 0 {
		t.Error("no text was ended early, with 27 tokens of room")
	}
}

func TestConstraintDoesNotHangOnTheBatch(t *testing.T) {
	m, over, _, end := constraintModel()
	prompts := [][]int32{{1, 2}, {3}, {4, 5, 6}, {1, 2}}
	o := Options{MaxNewTokens: 30, Temperature: 1, Stop: []int32{end}, Constraint: over(constrain.JSON(false))}
	all, err := Generate(m, prompts, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range prompts {
		o.FirstRow, o.Slots = i, 1
		alone, err := Generate(m, prompts[i:i+1], o)
		if err != nil || fmt.Sprint(alone[0].IDs) != fmt.Sprint(all[i].IDs) {
			t.Errorf("%v, in the batch %v, %v", alone[0].IDs, all[i].IDs, err)
		}
		if !all[i].Stopped && len(all[i].IDs) < o.MaxNewTokens {
			t.Errorf("%+v", all[i])
		}
	}
}

func TestConstraintWithoutRoom(t *testing.T) {
	m, over, _, _ := constraintModel()
	g, _ := constrain.Regexp("x{20}")
	if _, err := Generate(m, [][]int32{{1}}, Options{MaxNewTokens: 19, Constraint: over(g)}); err == nil || !strings.Contains(err.Error(), "takes 20 tokens") {
		t.Errorf("%v", err)
	}
	if _, err := Generate(m, [][]int32{{1}}, Options{Constraint: over(g), MinNewTokens: 2}); err == nil {
		t.Error("MinNewTokens: no error")
	}
}
