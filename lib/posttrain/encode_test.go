package posttrain

import (
	"strings"
	"testing"

	"lyceum/lib/datasets"
	"lyceum/lib/tokenize"
	"lyceum/lib/tokenize/jinja"
)

// A column tools may hold JSON as text: its keys come to the template in the order in which they were written.
func TestToolsAsTextKeepTheirOrder(t *testing.T) {
	const tools = `[{"type":"function","function":{"name":"add","b":3,"a":1}}]`
	var o tokenize.ChatOptions
	if err := (writer{m: tiny(t)}).options(&o, datasets.Row{Columns: map[string]any{"tools": tools}}); err != nil {
		t.Fatal(err)
	}
	text, err := jinja.ToJSON(jinja.FromGo(o.Tools))
	if got := strings.ReplaceAll(string(text), " ", ""); err != nil || got != tools {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range []string{`{"a": 1}`, "["} {
		if err := (writer{m: tiny(t)}).options(&o, datasets.Row{Columns: map[string]any{"tools": bad}}); err == nil || !strings.Contains(err.Error(), "column tools") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
