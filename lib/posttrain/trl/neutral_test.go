package trl

import (
	"io"
	"strings"
	"testing"

	"lyceum/lib/datasets"
)

func TestKeysThatMustNotChangeAnything(t *testing.T) {
	for text, want := range map[string]string{
		"dataset_streaming: false\nlength_column_name: length": "",
		"dataset_streaming: true":                              "reads its data whole",
		"dataset_kwargs: {skip_prepare_dataset: true}":         "as TRL does without it",
	} {
		c, err := Parse("c.yaml", []byte(text), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		c.neutral()
		if err := c.Done("sft"); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTemplateArgsReachEveryRow(t *testing.T) {
	for _, text := range []string{"chat_template_kwargs: {enable_thinking: false, a: 1}", `chat_template_kwargs: '{"enable_thinking": false, "a": 1}'`} {
		c, err := Parse("c.yaml", []byte(text), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		own := map[string]any{"a": 2}
		set := datasets.NewSet("rows", []datasets.Row{{Columns: map[string]any{"prompt": "x"}}, {Columns: map[string]any{"prompt": "y", "chat_template_kwargs": own}}})
		c.templateArgs(set, nil)
		if err := c.Done("grpo"); err != nil {
			t.Fatal(err)
		}
		first, second := set.Row(0).Columns["chat_template_kwargs"].(map[string]any), set.Row(1).Columns["chat_template_kwargs"].(map[string]any)
		if first["enable_thinking"] != false || first["a"] != 1 || second["enable_thinking"] != false || second["a"] != 2 {
			t.Errorf("%v, %v", first, second)
		}
	}
}
