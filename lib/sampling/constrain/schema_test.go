package constrain

import (
	_ "embed"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

//go:embed testdata/schemas.json
var schemaData []byte

type labelled struct {
	Text  string
	Valid bool
}

func (l *labelled) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &[]any{&l.Text, &l.Valid}) }

type schemaCase struct {
	Schema  json.RawMessage
	Made    []labelled
	Damaged []labelled
}

func schemaCases(t *testing.T) []schemaCase {
	t.Helper()
	var data struct{ Cases []schemaCase }
	if err := json.Unmarshal(schemaData, &data); err != nil {
		t.Fatal(err)
	}
	return data.Cases
}

func TestSchemasAgainstJSONSchemaPackage(t *testing.T) {
	for _, c := range schemaCases(t) {
		g, err := JSONSchema(c.Schema)
		if err != nil {
			t.Errorf("%s: %v", c.Schema, err)
			continue
		}
		matched := 0
		for i, l := range append(c.Made, c.Damaged...) {
			got := g.Match(l.Text)
			switch {
			case got && !l.Valid:
				t.Errorf("%s: matches %s, which is not valid", c.Schema, l.Text)
			case !got && l.Valid && i < len(c.Made):
				t.Errorf("%s: does not match %s, which is valid", c.Schema, l.Text)
			case got:
				matched++
			}
		}
		if matched < 3 {
			t.Errorf("%s: only %d texts match", c.Schema, matched)
		}
	}
}

// What a random choice among the allowed tokens makes is JSON, and Match agrees with the masks.
func TestTextsOfSchemasParse(t *testing.T) {
	v := pieces(`{"`, `":`, `", "`, `"}`, "name", "true", "null", `\u`, `\"`, "]}", "12", "0.", "é", "\xe2\x82", ` "`, "},", `{"kind": "`, "2024-")
	rng := rand.New(rand.NewPCG(7, 8))
	for _, s := range schemaCases(t) {
		g, err := JSONSchema(s.Schema)
		if err != nil {
			t.Fatal(err)
		}
		c, err := New(g, v)
		if err != nil {
			t.Fatal(err)
		}
		for range 6 {
			text := wander(t, c, c.Needs()+rng.IntN(40), rng)
			var value any
			if err := json.Unmarshal([]byte(text), &value); err != nil {
				t.Errorf("%s: %s: %v", s.Schema, text, err)
			}
			if !g.Match(text) {
				t.Errorf("%s: %s does not match", s.Schema, text)
			}
		}
	}
}

func TestDeepNesting(t *testing.T) {
	g := JSON(false)
	deep := strings.Repeat(`[{"a": `, 300) + "1" + strings.Repeat("}]", 300)
	if !g.Match(deep) || g.Match(deep[:len(deep)-1]) || g.Match(deep+"]") {
		t.Error("brackets must be closed as they were opened")
	}
	if JSON(true).Match("[1]") || !JSON(true).Match(`{"a": [1]}`) {
		t.Error("an object must be one")
	}
}

func TestBadSchemas(t *testing.T) {
	for schema, word := range map[string]string{
		`{`: "not JSON", `{} {}`: "follows", `3`: "a schema is", `{"type": "thing"}`: `"thing"`, `{"type": 3}`: "type is", `{"not": {}}`: "no text", `{"properties": {"a": {"uniqueItems": true}}}`: "#/properties/a", `{"unevaluatedItems": false}`: `"unevaluatedItems"`, `{"items": {"type": "string"}, "uniqueItems": true}`: `"uniqueItems"`,
		`{"not": {"uniqueItems": true}}`: `"uniqueItems"`, `{"not": {"format": "date"}}`: `"format"`, `{"type": "object", "minProperties": 3}`: "minProperties", `{"multipleOf": 0}`: "multipleOf",
		`{"type": "number", "multipleOf": 123.456789}`: "multipleOf", `{"dependentRequired": 3}`: "dependentRequired", `{"allOf": []}`: "allOf", `{"patternProperties": {"(": true}}`: "pattern", `{"oneOf": [{"type": "integer"}, {"uniqueItems": true}]}`: `"uniqueItems"`,
		`{"type": "array", "items": {"enum": [1, 2]}, "uniqueItems": true, "minItems": 3}`: "minItems", `{"if": {"format": "date"}, "then": true, "else": {"type": "null"}}`: `"format"`,
		`{"$ref": "#/$defs/none"}`: "none", `{"$ref": "https://example.org"}`: "within", `{"$ref": "#"}`: "itself", `{"anyOf": [{"$ref": "#"}, {"type": "null"}]}`: "itself", `{"allOf": [{"$ref": "#"}]}`: "end",
		`{"type": "string", "pattern": "("}`: "pattern", `{"minItems": 3, "maxItems": 2}`: "minItems", `{"minLength": -1}`: "minLength",
		`{"enum": 3}`: "enum", `{"enum": []}`: "no text", `{"required": ["a"], "additionalProperties": false}`: `"a"`, `{"minimum": "x"}`: "minimum",
		`{"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}`: "ends", `{"type": "integer", "minimum": 3, "maximum": 2}`: "no text", `{"maxLength": 1000001}`: "maxLength",
		`{"minProperties": 2}`: "minProperties", `{"enum": ["a"], "minLength": 3}`: "no text", `false`: "no text"} {
		g, err := JSONSchema([]byte(schema))
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v, %v; want an error with %q", schema, g, err, word)
		}
	}
}

func FuzzJSONSchema(f *testing.F) {
	f.Add([]byte(`{"type": "object", "properties": {"a": {"type": "integer", "minimum": 3}}, "required": ["a"]}`), `{"a": 4}`)
	f.Add([]byte(`{"allOf": [{"$ref": "#/$defs/a"}, {"minLength": 2}], "$defs": {"a": {"pattern": "^a+$"}}}`), `"aa"`)
	f.Add([]byte(`{"oneOf": [{"multipleOf": 4}, {"not": {"enum": [3, "a"]}}], "if": {"type": "array"}, "then": {"contains": {"const": 1}, "maxContains": 1}, "patternProperties": {"^a": false}}`), `[1]`)
	f.Fuzz(func(t *testing.T, schema []byte, text string) {
		if len(schema) > 400 {
			return
		}
		if g, err := JSONSchema(schema); err == nil && g.Match(text) && !json.Valid([]byte(text)) {
			t.Errorf("%s matches %q, which is no JSON", schema, text)
		}
	})
}
