package rl

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func batchOf(column string, values []any, completions ...string) Batch {
	b := Batch{Completions: completions, Prompts: make([]string, len(completions)), Columns: map[string][]any{column: values}}
	for range completions {
		b.CompletionIDs = append(b.CompletionIDs, []int32{1, 2, 3, 1, 2, 3})
	}
	return b
}

func correct(b Batch) []float64 { return ExactNumber("answer")(b) }

func TestNamesOfRewards(t *testing.T) {
	closure := func(b Batch) []float64 { return nil }
	got := Names([]Reward{correct, closure, Named("mine", closure), Named("mine", closure), Think(), Each(func(Row) float64 { return 0 })})
	if want := "[correct reward2 mine mine2 think_format_reward reward6]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
	if got := Names([]Reward{closure}); got[0] != "reward" {
		t.Error(got)
	}
}

func TestFindNumber(t *testing.T) {
	for text, want := range map[string]float64{"the answer is 12.": 12, "7-3 = 4": 4, "= -4": -4, "1,234.5 kg": 1234.5, "so \\boxed{\\frac{1}{4}} or 9": 0.25, "work 3\n#### 42": 42, "5e2": 500, "it is .5": 0.5, "x=1/2": 0.5, "2+3": 3} {
		if got, ok := FindNumber(text); !ok || math.Abs(got-want) > 1e-12 {
			t.Errorf("%q: %v %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "none", "1/0"} {
		if got, ok := FindNumber(text); ok {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestVerifiableRewards(t *testing.T) {
	b := batchOf("answer", []any{5.0, "5", "text", "eleven"}, "2+3 = 5", "6", "5", "  Eleven ")
	check := func(name string, r Reward, b Batch, want string) {
		t.Helper()
		if got := fmt.Sprint(r(b)); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	check("ExactNumber", ExactNumber("answer"), b, "[1 0 NaN NaN]")
	check("ExactText", ExactText("answer"), b, "[0 0 0 1]")
	check("Contains", Contains("eLEVEN"), b, "[0 0 0 1]")
	check("Matches", Matches(`\d`), b, "[1 1 1 0]")
	check("Length", Length(12), b, "[0.5 0.5 0.5 0.5]")
	check("SoftOverlong", SoftOverlong(8, 4), b, "[-0.5 -0.5 -0.5 -0.5]")
	check("RepetitionPenalty", RepetitionPenalty(3, -1), b, "[-0.25 -0.25 -0.25 -0.25]") // 3 of 4 trigrams differ
	check("CosineScaled", CosineScaled(ExactNumber("answer"), 6), b, "[0.5 -0.5 NaN NaN]")
	check("Tags", Tags("think", "answer"), batchOf("x", nil, "<think>a</think> <answer>b</answer>", "<answer>b</answer><think>a</think>", "<think>a</think><answer>b</answer> c", "<think><think>a</think><answer>b</answer>"), "[1 0 0 0]")
	check("Think", Think(), batchOf("x", nil, "<think>a</think> b", "a <think>b</think>", "<think>a"), "[1 0 0]")
	check("AfterThinking", AfterThinking(ExactNumber("answer")), batchOf("answer", []any{3.0}, "<think>3</think> 4"), "[0]")
	check("JSON", JSON(), batchOf("x", nil, `{"a": 1}`, "```json\n[1]\n```", "{a}"), "[1 1 0]")
}

func TestJSONSchema(t *testing.T) {
	r := JSONSchema(`{"type": "object", "required": ["name", "age"], "additionalProperties": false, "properties": {
		"name": {"type": "string", "minLength": 2, "pattern": "^[A-Z]"}, "age": {"type": "integer", "minimum": 0, "exclusiveMaximum": 150},
		"tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2}, "x": {"anyOf": [{"type": "null"}, {"const": 7}]}}}`)
	for text, want := range map[string]float64{
		`{"name": "Ada", "age": 36}`: 1, `{"name": "Ada", "age": 36, "tags": ["a", "b"], "x": null}`: 1, `{"name": "Ada", "age": 36, "x": 7}`: 1,
		`{"name": "Ada"}`: 0.5, `{"name": "ada", "age": 3}`: 0.5, `{"name": "A", "age": 3}`: 0.5, `{"name": "Ada", "age": 3.5}`: 0.5, `{"name": "Ada", "age": 150}`: 0.5,
		`{"name": "Ada", "age": 1, "tags": ["c"]}`: 0.5, `{"name": "Ada", "age": 1, "tags": ["a","a","a"]}`: 0.5, `{"name": "Ada", "age": 1, "y": 1}`: 0.5, `{"name": "Ada", "age": 1, "x": 8}`: 0.5, `[1]`: 0.5, `{`: 0,
	} {
		if got := r(batchOf("x", nil, text))[0]; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	for _, bad := range []string{"{", `{"tpye": "object"}`, `{"properties": {"a": {"$ref": "#"}}}`, `{"pattern": "("}`} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("the schema %s passes", bad)
				}
			}()
			JSONSchema(bad)
		}()
	}
}

// runner stands in for a Go compiler.
type runner struct{ sources, tests []string }

func (r *runner) RunGo(source, test string, _ time.Duration) (compiled, passed bool, err error) {
	r.sources, r.tests = append(r.sources, source), append(r.tests, test)
	return !strings.Contains(source, "undefined"), strings.Contains(source, "a + b"), nil
}

func TestGoCodeRewards(t *testing.T) {
	old := Go
	defer func() { Go = old }()
	fake := &runner{}
	Go = fake
	tests := []any{"func TestAdd(t *testing.T) { if Add(1, 2) != 3 { t.Fail() } }"}
	b := batchOf("tests", []any{tests[0], tests[0], tests[0], tests[0]}, "Here:\n```go\nfunc Add(a, b int) int { return a + b }\n```", "func Add(a, b int) int { return a - b }", "func Add() int { return undefined }", "func Add( {")
	if got := fmt.Sprint(GoTests("tests", 0)(b)); got != "[1 0.25 0 0]" {
		t.Error(got)
	}
	if len(fake.sources) != 3 || !strings.HasPrefix(fake.sources[0], "package solution") || !strings.Contains(fake.tests[0], `import "testing"`) || !strings.HasPrefix(fake.tests[0], "package solution") {
		t.Errorf("%q %q", fake.sources, fake.tests)
	}
}

func TestGoCommandRunsTests(t *testing.T) {
	test := testFile("func TestAdd(t *testing.T) { if Add(1, 2) != 3 { t.Fail() } }")
	for source, want := range map[string][2]bool{"package solution\nfunc Add(a, b int) int { return a + b }": {true, true}, "package solution\nfunc Add(a, b int) int { for {} }": {true, false}, "package solution\nfunc Add(a int) int { return a }": {false, false}} {
		compiled, passed, err := goCommand{}.RunGo(source, test, 300*time.Millisecond)
		if strings.Contains(source, "a + b") && compiled && !passed { // a machine under load: once more, with time
			compiled, passed, err = goCommand{}.RunGo(source, test, 20*time.Second)
		}
		if err != nil || compiled != want[0] || passed != want[1] {
			t.Errorf("%s: %v %v %v", source, compiled, passed, err)
		}
	}
}

func TestTools(t *testing.T) {
	e := Tools(map[string]Tool{"add": func(a map[string]any) (string, error) { return fmt.Sprint(a["a"].(float64) + a["b"].(float64)), nil }}, 2)
	e.Reset(nil)
	say := func(text string) (string, bool) {
		a, done, err := e.Step(text)
		if err != nil {
			t.Fatal(err)
		}
		return a, done
	}
	if a, done := say(`<tool_call>{"name": "add", "arguments": {"a": 1, "b": 2}}</tool_call>`); done || !strings.Contains(a, "\n3\n") {
		t.Errorf("%q %v", a, done)
	}
	if a, done := say(`<tool_call>{"name": "sub"}</tool_call><tool_call>{"name": "add", "arguments": {}}</tool_call>`); done || !strings.Contains(a, `error: there is no tool "sub"; there are add`) || !strings.Contains(a, "error: add:") {
		t.Errorf("%q %v", a, done)
	}
	if _, done := say(`<tool_call>{"name": "add"}</tool_call>`); !done {
		t.Error("the third turn with calls goes on")
	}
	if e.Calls != 3 || e.Failures != 2 {
		t.Errorf("%d calls, %d failures", e.Calls, e.Failures)
	}
	e.Reset(nil)
	if _, done := say("nothing to call"); !done {
		t.Error("a turn without calls goes on")
	}
}

func TestRolloutsAreSavedAndRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a", "r.jsonl")
	r, err := NewRecorder(file, false)
	if err != nil {
		t.Fatal(err)
	}
	x := Rollout{Step: 1, Order: []int{1, 0}, Rows: []RolloutRow{
		{PromptIDs: []int32{1}, CompletionIDs: []int32{2, 3}, Rewards: RowRewards{{"z", 0.5}, {"a", nan}}, OldLogProbs: []float64{-1, -2}},
		{PromptIDs: []int32{1}, CompletionIDs: []int32{4}, Rewards: RowRewards{{"z", 1}, {"a", 2}}, OldLogProbs: []float64{-3}, Mask: []int{1}, Group: 1},
	}}
	for range 2 {
		if err := r.Write(x); err != nil {
			t.Fatal(err)
		}
	}
	r.Close()
	got, err := ReadRollouts(file)
	if err != nil || len(got) != 2 {
		t.Fatal(err, len(got))
	}
	a, _ := json.Marshal(x)
	b, _ := json.Marshal(got[1])
	if string(a) != string(b) || !strings.Contains(string(a), `"rewards":{"z":0.5,"a":null}`) {
		t.Errorf("%s\n%s", a, b)
	}
	for want, line := range map[string]string{
		":1: ":                        "{",
		"has no prompt_ids":           `{"rows": [{"completion_ids": [1]}]}`,
		"has an empty completion":     `{"rows": [{"prompt_ids": [1], "completion_ids": []}]}`,
		"1 old_logps":                 `{"rows": [{"prompt_ids": [1], "completion_ids": [1, 2], "old_logps": [0]}]}`,
		"order names row 3 of 1":      `{"rows": [{"prompt_ids": [1], "completion_ids": [1]}], "order": [3]}`,
		"has no rows":                 `{"rows": []}`,
		`the reward "q" is no number`: `{"rows": [{"prompt_ids": [1], "completion_ids": [1], "rewards": {"q": "x"}}]}`,
		"row 0 has another":           `{"rows": [{"prompt_ids": [1], "completion_ids": [1], "rewards": {"q": 1}}, {"prompt_ids": [1], "completion_ids": [1], "rewards": {"p": 1}}]}`,
		"has no line":                 "",
	} {
		bad := filepath.Join(t.TempDir(), "bad.jsonl")
		if err := os.WriteFile(bad, []byte(line), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadRollouts(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

func TestTrial(t *testing.T) {
	b := Trial(map[string]any{"answer": 7.0, "x": "3"}, "3 + 4 = 7.", "8", "I do not know.")
	if got := ExactNumber("answer")(b); fmt.Sprint(got) != "[1 0 0]" {
		t.Error(got)
	}
	if r := b.Row(2); r.Number("x") != 3 || r.Prompt != "" {
		t.Errorf("%+v", r)
	}
	bare := Batch{Completions: []string{"a"}}
	if got := Each(func(r Row) float64 { return float64(len(r.Prompt + r.Completion)) })(bare); got[0] != 1 {
		t.Errorf("a batch without prompts: %v", got)
	}
}
