package constrain

import (
	_ "embed"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed testdata/battery.json
var batteryData []byte

// validator is an independent reading of the schema.
func validator(t *testing.T, schema []byte) func(text string) bool {
	t.Helper()
	read := func(text string) any {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%q is no JSON: %v", text, err)
		}
		return v
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if strings.Contains(string(schema), "additionalItems") {
		c.DefaultDraft(jsonschema.Draft2019)
	}
	if err := c.AddResource("mem:///schema", read(string(schema))); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("mem:///schema")
	if err != nil {
		t.Fatalf("%s: %v", schema, err)
	}
	return func(text string) bool { return s.Validate(read(text)) == nil }
}

// scalars are what damage puts into values.
var scalars = []string{"0", "1", "2", "3", "4", "5", "6", "7", "9", "10", "12", "15", "30", "-1", "-4", "0.5", "1.25", "2.5", "0.01", "1000", "null", "true", "false", `"a"`, `"b"`, `"ab"`, `"aab"`, `"abab"`, `"no"`, `"x"`, `"US"`,
	`"12345"`, `"1234 AB"`, `"red"`, `"green"`, `"2024-02-29"`, `"2023-01-01"`, "[]", "[1]", "[1,2]", "[5,6]", `["a",7]`, "{}", `{"a":1}`, `{"a":2}`, `{"b":1}`, `{"a":1,"b":2}`, `{"x_a":1}`, `{"c":"","ab":4}`, `{"v":1}`, `{"l":{"v":2},"v":1}`}

// damaged changes a value somewhere.
func damaged(v any, rng *rand.Rand) any {
	switch v := v.(type) {
	case []any:
		if len(v) > 0 && rng.IntN(3) > 0 {
			i := rng.IntN(len(v))
			switch rng.IntN(3) {
			case 0:
				return append(append([]any{}, v[:i]...), v[i+1:]...)
			case 1:
				out := append([]any{}, v...)
				out[i] = damaged(v[i], rng)
				return out
			}
			return append(append([]any{}, v...), v[i])
		}
	case *members:
		if len(v.keys) > 0 && rng.IntN(4) > 0 {
			k := v.keys[rng.IntN(len(v.keys))]
			out := v.without()
			if rng.IntN(3) == 0 {
				return v.without(k)
			}
			out.set(k, damaged(v.of[k], rng))
			return out
		}
	}
	return parsed(scalars[rng.IntN(len(scalars))])
}

func parsed(text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	v, err := decode(d, 0)
	if err != nil {
		panic(err)
	}
	return v
}

// For each schema, random choices among the allowed tokens make texts that are valid; of what damage makes of them the
// grammar matches no text that is invalid, and most that are valid.
func TestBattery(t *testing.T) {
	var schemas []json.RawMessage
	if err := json.Unmarshal(batteryData, &schemas); err != nil {
		t.Fatal(err)
	}
	v := pieces(`{"`, `":`, `", "`, `"}`, "name", "true", "null", `\u`, `\"`, "]}", "12", "0.", "é", `"a"`, `"b"`, ` "`, "},", `"kind": "`, "2024-", "x_", ", ", "[1", "0]")
	rng := rand.New(rand.NewPCG(9, 10))
	allGood, allMatched := 0, 0
	for _, schema := range schemas {
		g, err := JSONSchema(schema)
		if err != nil {
			t.Errorf("%s: %v", schema, err)
			continue
		}
		c, err := New(g, v)
		if err != nil {
			t.Errorf("%s: %v", schema, err)
			continue
		}
		valid := validator(t, schema)
		seen := map[string]bool{}
		texts := append([]string{}, scalars...)
		for range 12 {
			text := wander(t, c, c.Needs()+rng.IntN(40), rng)
			if seen[text] = true; !valid(text) {
				t.Errorf("%s: made %s, which is not valid", schema, text)
			}
			texts = append(texts, text)
		}
		good, matched := 0, 0
		for range 400 {
			w := parsed(texts[rng.IntN(len(texts))])
			for range 1 + rng.IntN(2) {
				w = damaged(w, rng)
			}
			text := compact(w)
			got, want := g.Match(text), valid(text)
			if got && !want {
				t.Errorf("%s: matches %s, which is not valid", schema, text)
			}
			if want {
				if good++; got {
					matched++
				}
			}
		}
		if good > 0 && matched == 0 {
			t.Errorf("%s: matches none of %d valid texts", schema, good)
		}
		allGood, allMatched = allGood+good, allMatched+matched
	}
	// The rest has properties in another order, or others than the schema names, or more digits.
	if len(schemas) != 46 || allGood < 1500 || allMatched*100 < allGood*95 {
		t.Errorf("%d schemas, %d of %d valid texts match", len(schemas), allMatched, allGood)
	}
}
