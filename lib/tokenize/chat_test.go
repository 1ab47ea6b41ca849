package tokenize

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lyceum/lib/tokenize/jinja"
)

var turns = []Message{{Role: "system", Content: "Be terse."}, {Role: "user", Content: "hi"}, {Role: "assistant", Content: "ho"}, {Role: "user", Content: "12"}, {Role: "assistant", Content: ""}}

// TestTemplateAsRender: the course's own template by Jinja is what Render and EncodeChat make by hand.
func TestTemplateAsRender(t *testing.T) {
	tok := trained(t)
	for _, more := range []bool{false, true} {
		chat, err := tok.ApplyChatTemplate(turns, ChatOptions{Template: TrainingTemplate, AddGenerationPrompt: more})
		if err != nil {
			t.Fatal(err)
		}
		if want := Render(turns, more); chat.Text != want {
			t.Errorf("%q, want %q", chat.Text, want)
		}
		if plain, _, err := tok.RenderChat(turns, ChatOptions{Template: ChatTemplate, AddGenerationPrompt: more}); err != nil || plain != chat.Text {
			t.Errorf("without marks: %q %v", plain, err)
		}
		if more {
			continue
		}
		ids, mask := tok.EncodeChat(turns)
		if !slices.Equal(chat.IDs, ids) || !slices.Equal(chat.Mask, mask) {
			t.Errorf("tokens %v %v, want %v %v", chat.IDs, chat.Mask, ids, mask)
		}
	}
}

func TestContinueFinalMessage(t *testing.T) {
	tok := trained(t)
	list := []Message{{Role: "user", Content: "hi"}, {Role: "assistant", Content: "ho ho "}}
	o := ChatOptions{Template: ChatTemplate, ContinueFinalMessage: true}
	chat, err := tok.ApplyChatTemplate(list, o)
	if err != nil || !strings.HasSuffix(chat.Text, "assistant\nho ho ") {
		t.Errorf("%q %v", chat.Text, err)
	}
	o.Template = strings.ReplaceAll(ChatTemplate, "message['content']", "message['content']|trim")
	if chat, err = tok.ApplyChatTemplate(list, o); err != nil || !strings.HasSuffix(chat.Text, "assistant\nho ho") {
		t.Errorf("with trim: %q %v", chat.Text, err)
	}
	for want, change := range map[string]func(o *ChatOptions, list []Message){
		"exclude each other":       func(o *ChatOptions, _ []Message) { o.AddGenerationPrompt = true },
		"has no thinking":          func(o *ChatOptions, _ []Message) { o.ContinueField = "thinking" },
		"does not appear":          func(o *ChatOptions, _ []Message) { o.Template = "{{ messages[0].content }}" },
		"does not read the field":  func(o *ChatOptions, _ []Message) { o.Template = "x" },
		"no text to continue":      func(o *ChatOptions, l []Message) { l[1] = l[1].With("content", []any{map[string]any{"type": "image"}}) },
		"conversation has no mess": nil,
	} {
		o, list := o, slices.Clone(list)
		if change == nil {
			list = nil
		} else {
			change(&o, list)
		}
		if _, err := tok.ApplyChatTemplate(list, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestTemplateSeesEverything(t *testing.T) {
	tok := trained(t)
	tok.Config.Named = map[string]string{"bos_token": TurnStart}
	var m Message
	text := `{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{"z":1,"a":[true,null,1.5]}}}],"content":null,"reasoning_content":"hm","name":"Ada"}`
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	if back, err := json.Marshal(m); err != nil || strings.ReplaceAll(strings.ReplaceAll(string(back), ", ", ","), ": ", ":") != text {
		t.Errorf("%s is written as %s %v", text, back, err)
	}
	o := ChatOptions{Kwargs: map[string]any{"mood": "good"}, Tools: []any{map[string]any{"name": "f"}}, Now: func() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) },
		Template: `{{ bos_token }}|{{ mood }}|{{ tools|tojson }}|{{ strftime_now("%d %b %Y") }}|{{ messages[0].tool_calls|tojson }}|{{ messages[0].content is defined }}|{{ messages[0].thinking }}|{{ messages[0].name }}|{{ messages[1].content[0].text }}`}
	parts := Message{Role: "user"}.With("content", []any{map[string]any{"type": "text", "text": "two"}})
	chat, err := tok.ApplyChatTemplate([]Message{m, parts}, o)
	want := `<|im_start|>|good|[{"name": "f"}]|01 Mar 2026|[{"function": {"name": "f", "arguments": {"z": 1, "a": [true, null, 1.5]}}}]|False|hm|Ada|two`
	if err != nil || chat.Text != want {
		t.Errorf("%s %v, want %s", chat.Text, err, want)
	}
	if parts.Text() != "two" || (Message{Content: "x"}).Text() != "x" {
		t.Error("the text of a message")
	}
	_, err = tok.ApplyChatTemplate(turns, ChatOptions{Template: `{{ raise_exception("roles must alternate") }}`})
	var e *jinja.Error
	if !errors.As(err, &e) || e.Kind != "TemplateError" || e.Message != "roles must alternate" {
		t.Errorf("%v", err)
	}
	if _, err := tok.ApplyChatTemplate(turns, ChatOptions{}); err == nil || !strings.Contains(err.Error(), "has none") {
		t.Errorf("without a template: %v", err)
	}
}

// TestBadMessages: a message is an object whose role is a text.
func TestBadMessages(t *testing.T) {
	for _, text := range []string{`[]`, `"x"`, `{"role":1,"content":"x"}`, `{"role":`, strings.Repeat(`{"a":`, 5000)} {
		var m Message
		if err := json.Unmarshal([]byte(text), &m); err == nil {
			t.Errorf("%s was read as %v", text, m)
		}
	}
}

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	file := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestFromFolder(t *testing.T) {
	folder := t.TempDir()
	j, err := trained(t).JSON()
	if err != nil {
		t.Fatal(err)
	}
	write(t, folder, "tokenizer.json", string(j))
	tok, err := FromFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := tok.BOS(); ok || len(tok.Config.ChatTemplates) > 0 {
		t.Error("a folder with nothing but a tokenizer.json has BOS or a template")
	}
	write(t, folder, "tokenizer_config.json", `{"bos_token":{"content":"<|im_start|>","special":true},"eos_token":"<|im_end|>","pad_token":null,"unk_token":"he","model_max_length":1e30,
		"chat_template":[{"name":"default","template":"D"},{"name":"tool_use","template":"T"}]}`)
	write(t, folder, "special_tokens_map.json", `{"pad_token":"<|endoftext|>"}`)
	if tok, err = FromFolder(folder); err != nil {
		t.Fatal(err)
	}
	bos, _ := tok.BOS()
	eos, _ := tok.EOS()
	pad, ok := tok.PAD()
	if bos != 1 || eos != 2 || pad != 0 || !ok || tok.Config.MaxLength != 0 {
		t.Errorf("BOS %d EOS %d PAD %d %v, at most %d", bos, eos, pad, ok, tok.Config.MaxLength)
	}
	if _, special := tok.Special("he"); !special {
		t.Error("a token that the configuration names is not special")
	}
	for _, x := range []struct {
		o    ChatOptions
		want string
	}{{ChatOptions{}, "D"}, {ChatOptions{Tools: []any{}}, "T"}, {ChatOptions{Template: "tool_use"}, "T"}} {
		if got, _, err := tok.RenderChat(turns, x.o); err != nil || got != x.want {
			t.Errorf("%q %v, want %q", got, err, x.want)
		}
	}
	write(t, folder, "chat_template.jinja", "F\r\n{{ 1 }}")
	write(t, folder, "additional_chat_templates/rag.jinja", "R")
	if tok, err = FromFolder(folder); err != nil {
		t.Fatal(err)
	}
	if c := tok.Config.ChatTemplates; c["default"] != "F\n{{ 1 }}" || c["rag"] != "R" || len(c) != 2 {
		t.Errorf("the files of templates: %v", c)
	}
	for _, x := range [][2]string{{"tokenizer_config.json", `{"eos_token":7}`}, {"special_tokens_map.json", `[]`}, {"tokenizer.json", `{`}} {
		write(t, folder, "tokenizer_config.json", `{}`)
		write(t, folder, x[0], x[1])
		if _, err := FromFolder(folder); err == nil || !strings.Contains(err.Error(), x[0]) {
			t.Errorf("%s is damaged, and the error is %v", x[0], err)
		}
	}
	if _, err := FromFolder(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
}
