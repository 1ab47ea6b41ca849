package trl

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lyceum/lib/tokenize"
)

func TestATemplateOfAFileIsUsedAndKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.jinja")
	if err := os.WriteFile(file, []byte("{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"sft", "reward"} {
		need := needed(t, method)
		need["chat_template_path"], need["max_steps"] = file, 1
		j, _, err := planned(t, method, need)
		if err != nil {
			t.Fatal(err)
		}
		text, _, err := j.common.Model.Tok.RenderChat([]tokenize.Message{{Role: "user", Content: "Hi"}}, tokenize.ChatOptions{})
		if err != nil || text != "[user] Hi" {
			t.Errorf("%s: %q, %v", method, text, err)
		}
		if method == "reward" {
			continue
		}
		r, err := j.train()
		if err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		if err := r.Save(out); err != nil {
			t.Fatal(err)
		}
		if kept, err := os.ReadFile(filepath.Join(out, "chat_template.jinja")); err != nil || !strings.HasPrefix(string(kept), "{% for m in messages %}[") {
			t.Errorf("the trained model has the template %q, %v", kept, err)
		}
	}
	other := filepath.Join(t.TempDir(), "other") // it has a word of its own
	for name, edit := range map[string][2]string{"tokenizer.json": {`"content": "<|pad|>"`, `"content": "<|mine|>"`}, "tokenizer_config.json": {}, "chat_template.jinja": {}} {
		data, err := os.ReadFile(filepath.Join("testdata/template", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(other, name), []byte(strings.Replace(strings.ReplaceAll(string(data), edit[0], edit[1]), `"<|pad|>": 0`, `"<|mine|>": 0`, 1)))
	}
	for path, want := range map[string]string{"testdata/trl.json": "must be a .jinja", filepath.Join(t.TempDir(), "none.jinja"): "no such file", "testdata/data": "tokenizer.json", other: `has the token "<|mine|>", which the model does not know`} {
		if _, _, err := planned(t, "sft", needed(t, "sft"), fields{"chat_template_path": path}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "chat_template_path") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Only conversations have an assistant.
func TestAssistantOnlyNeedsConversations(t *testing.T) {
	for data, want := range map[string]string{"text": "no conversations", "prompted": "no conversations", "chat": "", "prompted_chat": ""} {
		_, _, err := planned(t, "sft", needed(t, "sft"), fields{"dataset_name": "testdata/data/" + data, "assistant_only_loss": true})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", data, err)
		}
	}
}
