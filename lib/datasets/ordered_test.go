package datasets

import (
	"os"
	"strings"
	"testing"

	"lyceum/lib/tokenize/jinja"
)

// What a chat template writes down keeps the order of its keys and its whole numbers, whatever kind of file it comes from.
func TestWhatTemplatesWriteKeepsItsOrder(t *testing.T) {
	rows, err := os.ReadFile("testdata/tools.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	first := strings.Split(string(rows), "\n")[0]
	const tools = `"properties":{"b":{"type":"number","default":3},"a":{"type":"number","default":1}}`
	from, to := strings.Index(first, `"tools": `)+len(`"tools": `), strings.Index(first, `, "chat_template_kwargs"`)
	table := "prompt,completion,tools\nx,y,\"" + strings.ReplaceAll(first[from:to], `"`, `""`) + "\"\n"
	for _, f := range []string{"testdata/tools.jsonl", "testdata/tools.parquet", file(t, t.TempDir(), "tools.json", "["+first+"]"), file(t, t.TempDir(), "tools.csv", table)} {
		s, err := Load(f)
		if err != nil {
			t.Fatal(err)
		}
		r := s.Row(0)
		list, ok := r.Columns["tools"].([]any)
		if !ok {
			t.Errorf("%s: tools is %v", f, r.Columns["tools"])
			continue
		}
		text, err := jinja.ToJSON(jinja.FromGo(list))
		if flat := strings.ReplaceAll(string(text), " ", ""); err != nil || !strings.Contains(flat, tools) {
			t.Errorf("%s: tools %s, %v", f, flat, err)
		}
		if strings.HasSuffix(f, ".csv") {
			continue
		}
		kwargs, ok := r.Columns["chat_template_kwargs"].(map[string]any)
		if !ok || kwargs["thinking"] != true || kwargs["budget"] != int64(3) {
			t.Errorf("%s: chat_template_kwargs %v", f, r.Columns["chat_template_kwargs"])
		}
		turns, err := r.Turns("messages")
		if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		calls, err := turns[1].MarshalJSON()
		if flat := strings.ReplaceAll(string(calls), " ", ""); err != nil || !strings.Contains(flat, `"arguments":{"b":1,"a":2}`) {
			t.Errorf("%s: %s, %v", f, flat, err)
		}
	}
}
