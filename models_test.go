package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"lyceum/lib/zoo"
)

// lyceum runs a command in this process and returns its exit code and what it wrote.
func lyceum(t *testing.T, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	dir := t.TempDir()
	open := func(name, content string) *os.File {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	in, stdout, stderr := os.Stdin, os.Stdout, os.Stderr
	defer func() { os.Stdin, os.Stdout, os.Stderr = in, stdout, stderr }()
	os.Stdin, os.Stdout, os.Stderr = open("in", stdin), open("out", ""), open("err", "")
	code = dispatch(args)
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return code, read("out"), read("err")
}

// file writes a file for a command to read.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func generatedBy(t *testing.T, args ...string) generated {
	t.Helper()
	code, out, errs := lyceum(t, "", append([]string{"generate"}, append(args, "--json")...)...)
	var g generated
	if err := json.Unmarshal([]byte(out), &g); code != 0 || err != nil {
		t.Fatalf("%v: code %d, %v, %s%s", args, code, err, out, errs)
	}
	return g
}

func TestGenerate(t *testing.T) {
	g := generatedBy(t, "base", "--prompt", "Dora lives in", "--max-new-tokens", "12", "--logprobs", "3")
	c := g.Completions[0]
	if g.Model != "base" || g.Prompt.Text != "Dora lives in" || len(g.Prompt.IDs) != len(g.Prompt.LogProbs) || g.Prompt.LogProbs[0] != nil || strings.Join(g.Prompt.Tokens, "") != g.Prompt.Text {
		t.Errorf("%+v", g.Prompt)
	}
	want := zoo.Base().Continue("Dora lives in", 12)
	if strings.TrimSpace(c.Text) != want || len(c.LogProbs) != len(c.IDs) || len(c.Top) != len(c.IDs) || len(c.Top[0]) != 3 || c.Top[0][0].ID != c.IDs[0] || math.Abs(c.Top[0][0].LogProb-c.LogProbs[0]) > 1e-6 {
		t.Errorf("%+v, want the text %q", c, want)
	}
	// The same tokens as a prompt have the same log-probabilities.
	all := append(append([]int32{}, g.Prompt.IDs...), c.IDs...)
	again := generatedBy(t, "base", "--prompt-ids", strings.Trim(fmt.Sprint(all), "[]"), "--max-new-tokens", "1")
	for i, x := range c.LogProbs {
		if y, ok := again.Prompt.LogProbs[len(g.Prompt.IDs)+i].(float64); !ok || math.Abs(x-y) > 1e-4 {
			t.Errorf("token %d: %v as an answer, %v as a prompt", i, x, again.Prompt.LogProbs[len(g.Prompt.IDs)+i])
		}
	}
	code, out, _ := lyceum(t, "Dora lives in", "generate", "base", "--max-new-tokens", "12")
	if code != 0 || out != c.Text+"\n" {
		t.Errorf("from the standard input: %d, %q, want %q", code, out, c.Text)
	}
}

func TestGenerateIsTheSameOnEveryRun(t *testing.T) {
	args := []string{"instruct", "--prompt", "Where does Dora live?", "--chat", "--temperature", "1.2", "--top-p", "0.95", "-n", "3", "--max-new-tokens", "16"}
	var runs []string
	for _, seed := range []string{"4", "4", "5"} {
		g := generatedBy(t, append(args, "--seed", seed)...)
		b, err := json.Marshal(g.Completions)
		if len(g.Completions) != 3 || err != nil {
			t.Fatal(g, err)
		}
		runs = append(runs, string(b))
	}
	if runs[0] != runs[1] || runs[0] == runs[2] {
		t.Errorf("%s\n%s\n%s", runs[0], runs[1], runs[2])
	}
}

func TestGenerateConstrainedStoppedAndSearched(t *testing.T) {
	schema := file(t, "schema.json", `{"type": "object", "properties": {"city": {"type": "string", "maxLength": 8}, "n": {"type": "integer", "minimum": 1, "maximum": 3}}, "required": ["city", "n"]}`)
	g := generatedBy(t, "base", "--prompt", "x", "--json-schema", schema, "--max-new-tokens", "40")
	var v struct {
		City string
		N    int
	}
	if err := json.Unmarshal([]byte(g.Completions[0].Text), &v); err != nil || v.N < 1 || v.N > 3 || g.Completions[0].Finish != "stop" {
		t.Errorf("%+v, %v", g.Completions[0], err)
	}
	g = generatedBy(t, "base", "--prompt", "In the year", "--regex", `\d{4}, [A-Z][a-z]+`, "--max-new-tokens", "12", "--temperature", "1")
	if !regexp.MustCompile(`^\d{4}, [A-Z][a-z]+$`).MatchString(g.Completions[0].Text) {
		t.Errorf("%+v", g.Completions[0])
	}
	free := generatedBy(t, "base", "--prompt", "Dora lives in", "--max-new-tokens", "20").Completions[0]
	end := free.Text[5:8]
	c := generatedBy(t, "base", "--prompt", "Dora lives in", "--max-new-tokens", "20", "--stop", end).Completions[0]
	if c.Text != free.Text[:strings.Index(free.Text, end)] || c.StopText != end || c.Finish != "stop" {
		t.Errorf("%+v, stop at %q of %q", c, end, free.Text)
	}
	if _, out, _ := lyceum(t, "", "generate", "base", "--prompt", "Dora lives in", "--max-new-tokens", "20", "--stop", end); out != c.Text+"\n" {
		t.Errorf("%q, want %q", out, c.Text)
	}
	b := generatedBy(t, "base", "--prompt", "Dora lives in", "--max-new-tokens", "6", "--beams", "3", "-n", "2").Completions
	if len(b) != 2 || b[0].Score == nil || *b[0].Score < *b[1].Score {
		t.Errorf("%+v", b)
	}
	for _, w := range []string{"bf16", "int8", "int4"} {
		got := generatedBy(t, "base", "--prompt", "Dora lives in", "--max-new-tokens", "3", "--weights", w).Completions[0]
		if math.Abs(got.LogProbs[0]-free.LogProbs[0]) > 0.7 {
			t.Errorf("%s: %v, float32 %v", w, got.LogProbs, free.LogProbs[:3])
		}
	}
}

func TestModelCommandsRefuseWithOneLine(t *testing.T) {
	wrong := file(t, "wrong.json", "{")
	for _, args := range [][]string{{"generate"}, {"generate", "base", "x"}, {"generate", "no-such-model", "--prompt", "x"}, {"generate", "base", "--prompt", "x", "--temperature", "-1"}, {"generate", "base", "--prompt", "x", "--top-k", "5"},
		{"generate", "base", "--prompt-file", "/no/such/file"}, {"generate", "base", "--prompt", "x", "--weights", "int3"}, {"generate", "base", "--prompt-ids", "1,x"}, {"generate", "base", "--prompt-ids", "99999999", "--nonsense"},
		{"generate", "base", "--prompt", "x", "--json-schema", wrong}, {"generate", "base", "--prompt", "x", "--regex", "("}, {"generate", "base", "--prompt", "x", "--adapter", "/no/such/folder"}, {"generate", "base", "--messages", wrong},
		{"generate", "base", "--prompt", "x", "--max-new-tokens", "0"}, {"generate", "base", "--prompt", "x", "--early-stopping", "soon"}, {"generate", "base", "--prompt", "x", "--system", "y"}, {"generate", "base", "--prompt", "x", "--logit-bias", "3"},
		{"tokenize"}, {"tokenize", "base", "--chat", wrong}, {"tokenize", "base", "--text", "a", "--file", "b"}, {"tokenize", "base", "--decode", "x"}, {"tokenize", "no-such-model", "--text", "x"}, {"tokenize", "base", "--chat", file(t, "a.json", `[{"role": "user", "content": "x"}]`), "--now", "today"},
		{"chat"}, {"chat", "base", "x"}, {"chat", "no-such-model"}, {"chat", "base", "--top-p", "2", "--temperature", "1"}, {"chat", "base", "--load", wrong}} {
		code, out, errs := lyceum(t, "", args...)
		if code != 2 || out != "" || strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "lyceum "+args[0]) {
			t.Errorf("%v: code %d, %q, %q", args, code, out, errs)
		}
	}
	// What fails while it works has code 1.
	if code, _, errs := lyceum(t, "", "generate", "base", "--prompt-ids", "99999999"); code != 1 || strings.Count(errs, "\n") != 1 {
		t.Errorf("a token outside the vocabulary: %d, %q", code, errs)
	}
	for _, name := range []string{"generate", "tokenize", "chat"} {
		if code, out, errs := lyceum(t, "", name, "--help"); code != 0 || !strings.Contains(out, "MODEL is a") || errs != "" {
			t.Errorf("%s --help: %d, %q, %q", name, code, out, errs)
		}
	}
}

func TestTokenize(t *testing.T) {
	code, out, errs := lyceum(t, "", "tokenize", "base", "--text", "Où? 12<|im_end|>", "--json")
	var r tokenized
	if err := json.Unmarshal([]byte(out), &r); code != 0 || err != nil {
		t.Fatalf("%d, %v, %s%s", code, err, out, errs)
	}
	if r.Text != "Où? 12<|im_end|>" || r.Tokens[len(r.Tokens)-1] != "<|im_end|>" || len(r.Offsets) != len(r.IDs) || !r.Special[len(r.Special)-1] || r.Special[0] {
		t.Errorf("%+v", r)
	}
	if last := r.Offsets[len(r.Offsets)-1]; last != [2]int{6, 16} { // in characters
		t.Errorf("the last token is at %v", last)
	}
	ids := strings.Trim(fmt.Sprint(r.IDs), "[]")
	if _, out, _ := lyceum(t, "", "tokenize", "base", "--decode", ids); out != r.Text+"\n" {
		t.Errorf("decoded %q", out)
	}
	if _, out, _ := lyceum(t, ids, "tokenize", "base", "--decode", "--json"); !strings.Contains(out, `"plain":"Où? 12"`) {
		t.Errorf("decoded %q", out)
	}
	if code, out, errs := lyceum(t, "[]", "tokenize", "base", "--decode", "--json"); code != 0 || out != `{"ids":[],"text":"","plain":""}`+"\n" {
		t.Errorf("no tokens: %d, %q, %s", code, out, errs)
	}
	if _, out, _ := lyceum(t, r.Text, "tokenize", "base"); strings.Count(out, "\n") != len(r.IDs) {
		t.Errorf("a line for each token: %q", out)
	}
}

func TestTokenizeChat(t *testing.T) {
	messages := file(t, "chat.json", `[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]`)
	template := file(t, "own.jinja", "{% for m in messages %}{% if m.role == 'assistant' %}A:{% generation %}{{ m.content }}{% endgeneration %}{% else %}U:{{ m.content }}{% endif %}|{% endfor %}{% if add_generation_prompt %}A:{% endif %}")
	code, out, errs := lyceum(t, "", "tokenize", "base", "--chat", messages, "--template", template, "--generation-prompt", "--json")
	var r tokenized
	if err := json.Unmarshal([]byte(out), &r); code != 0 || err != nil {
		t.Fatalf("%d, %v, %s%s", code, err, out, errs)
	}
	said := ""
	for i, m := range r.Mask {
		if m == 1 {
			said += r.Tokens[i]
		}
	}
	if r.Text != "U:Hi|A:Hello.|A:" || !strings.Contains(said, "Hello") || strings.Contains(said, "Hi") {
		t.Errorf("%+v: the assistant says %q", r, said)
	}
	if _, out, _ := lyceum(t, "", "tokenize", "base", "--chat", messages); !strings.HasPrefix(out, "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n") {
		t.Errorf("ChatML: %q", out)
	}
	raise := file(t, "raise.jinja", "{{ raise_exception('no such role') }}")
	if code, _, errs := lyceum(t, "", "tokenize", "base", "--chat", messages, "--template", raise); code != 1 || !strings.Contains(errs, "no such role") {
		t.Errorf("%d, %q", code, errs)
	}
}

func TestChatInAPipe(t *testing.T) {
	saved := filepath.Join(t.TempDir(), "saved.json")
	in := "Where does Dora live?\n/undo\nWhere does\\\n Carl live?\n/again\n/save " + saved + "\n/nonsense\n/system Be brief.\n/quit\nnot read\n"
	code, out, errs := lyceum(t, in, "chat", "instruct", "--max-new-tokens", "10")
	if code != 1 || strings.Count(out, "\n") < 3 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "/nonsense") {
		t.Errorf("%d, %q, %q", code, out, errs)
	}
	data, err := os.ReadFile(saved)
	var turns []struct{ Role, Content string }
	if err != nil || json.Unmarshal(data, &turns) != nil || len(turns) != 2 || turns[0].Content != "Where does\n Carl live?" || turns[1].Role != "assistant" {
		t.Errorf("%s, %v", data, err)
	}
	code, more, errs := lyceum(t, "And Ben?", "chat", "instruct", "--max-new-tokens", "10", "--load", saved)
	if code != 0 || more == "" || errs != "" {
		t.Errorf("%d, %q, %q", code, more, errs)
	}
	g := generatedBy(t, "instruct", "--prompt", "Where does Dora live?", "--chat", "--max-new-tokens", "10")
	if !strings.HasPrefix(out, g.Completions[0].Text+"\n") {
		t.Errorf("%q does not begin with %q", out, g.Completions[0].Text)
	}
}
