package posttrain

import (
	"fmt"

	"lyceum/lib/datasets"
	"lyceum/lib/tokenize"
)

// noteRows says what is odd about the data of a run before it begins: completions without text, of which only the end token is
// learned, and rows that were left out because they are too long. The run goes on. kept is how many rows there are to train on;
// below 0: rows are not what is counted.
func (r *Run) noteRows(data *datasets.Set, kept int) {
	empty, first, column := 0, "", ""
	for i := range data.Len() {
		for _, c := range []string{"completion", "chosen", "rejected", "reference", "text"} {
			if v, ok := data.Row(i).Columns[c]; ok && wordless(v) {
				if empty == 0 {
					first, column = data.Where(i), c
				}
				empty++
				break
			}
		}
	}
	if empty > 0 {
		r.note("empty", fmt.Sprintf("%d of %d rows have an empty completion (the first is %s, column %s): nothing but the end is learned from it", empty, data.Len(), first, column))
	}
	if left := data.Len() - kept; kept >= 0 && left > 0 {
		r.note("left", fmt.Sprintf("%d of %d rows are left out: they are longer than MaxLength, or their prompt alone fills it", left, data.Len()))
	}
}

// wordless reports whether a column says nothing: empty text, or a conversation whose last turn is empty.
func wordless(v any) bool {
	switch x := v.(type) {
	case string:
		return x == ""
	case []tokenize.Message:
		if len(x) == 0 {
			return true
		}
		last := x[len(x)-1]
		return last.Content == "" && !says(last, "content") && !says(last, "tool_calls")
	}
	return false
}

// says reports whether a message has something but text under a key: parts of its content, or calls of tools.
func says(m tokenize.Message, key string) bool {
	if m.Extra == nil {
		return false
	}
	v, ok := m.Extra.Get(key)
	return ok && v != nil && v != ""
}
