package datasets

import (
	"encoding/json"
	"fmt"
	"maps"
	"sort"
	"strconv"
	"strings"

	"lyceum/lib/tokenize"
)

// A Row is one example: its columns by name. A value is a string, a bool, a float64, nil, a []any, a map[string]any, or
// []tokenize.Message where it is a conversation. What lies in the columns tools and chat_template_kwargs, which chat templates write
// down, keeps the order of its keys: it is what jinja.FromJSON makes.
type Row struct{ Columns map[string]any }

// Chat makes a row with a column messages.
func Chat(messages ...tokenize.Message) Row { return Row{map[string]any{"messages": messages}} }

// Has reports whether there is a value in a column.
func (r Row) Has(column string) bool { return r.Columns[column] != nil }

// With returns the row with one column more, or changed.
func (r Row) With(column string, value any) Row {
	out := maps.Clone(r.Columns)
	if out == nil {
		out = map[string]any{}
	}
	out[column] = value
	return Row{out}
}

// Messages is the conversation of the row: its messages, or what is in prompt and completion together.
func (r Row) Messages() []tokenize.Message {
	if m, ok := r.Columns["messages"].([]tokenize.Message); ok {
		return m
	}
	var out []tokenize.Message
	for _, part := range [][2]string{{"prompt", "user"}, {"completion", "assistant"}} {
		switch v := r.Columns[part[0]].(type) {
		case []tokenize.Message:
			out = append(out, v...)
		case string:
			out = append(out, tokenize.Message{Role: part[1], Content: v})
		}
	}
	return out
}

// conversational reports whether a value is a conversation.
func conversational(v any) bool { _, ok := v.([]tokenize.Message); return ok }

// Conversational reports whether the row's columns are conversations and not strings.
func (r Row) Conversational() bool {
	for _, c := range textColumns {
		if conversational(r.Columns[c]) {
			return true
		}
	}
	return false
}

// textColumns are the columns that hold text or conversations.
var textColumns = []string{"messages", "prompt", "completion", "chosen", "rejected", "reference"}

// Text is a column that must hold a string.
func (r Row) Text(column string) (string, error) {
	switch v := r.Columns[column].(type) {
	case string:
		return v, nil
	case nil:
		return "", fmt.Errorf("column %s is missing", column)
	default:
		return "", fmt.Errorf("column %s holds %s, it must hold a string", column, kindOf(v))
	}
}

// Turns is a column that must hold a conversation.
func (r Row) Turns(column string) ([]tokenize.Message, error) {
	switch v := r.Columns[column].(type) {
	case []tokenize.Message:
		return v, nil
	case nil:
		return nil, fmt.Errorf("column %s is missing", column)
	default:
		if list, ok := v.([]any); ok && len(list) > 0 {
			if m, ok := list[0].(map[string]any); ok && m["content"] != nil {
				return nil, fmt.Errorf("column %s[0].role is missing: a message has role and content", column)
			}
		}
		return nil, fmt.Errorf("column %s holds %s, it must hold a list of messages as other rows do", column, kindOf(v))
	}
}

// Number is a column that must hold a number; ok is false if it is not there.
func (r Row) Number(column string) (v float64, ok bool, err error) {
	switch x := r.Columns[column].(type) {
	case nil:
		return 0, false, nil
	case float64:
		return x, true, nil
	case string:
		if v, err := strconv.ParseFloat(strings.TrimSpace(x), 64); err == nil {
			return v, true, nil
		}
	}
	return 0, false, fmt.Errorf("column %s holds %s, it must hold a number", column, kindOf(r.Columns[column]))
}

// Bool is a column that must hold true or false; 1 and 0, as numbers or text, are taken too.
func (r Row) Bool(column string) (bool, error) {
	switch x := r.Columns[column].(type) {
	case bool:
		return x, nil
	case float64:
		if x == 0 || x == 1 {
			return x == 1, nil
		}
	case string:
		switch strings.ToLower(strings.TrimSpace(x)) {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
	case nil:
		return false, fmt.Errorf("column %s is missing", column)
	}
	return false, fmt.Errorf("column %s holds %s, it must be true or false", column, kindOf(r.Columns[column]))
}

// IDs is a column that must hold a list of whole numbers.
func (r Row) IDs(column string) ([]int32, error) {
	list, ok := r.Columns[column].([]any)
	if !ok {
		return nil, fmt.Errorf("column %s holds %s, it must hold a list of numbers", column, kindOf(r.Columns[column]))
	}
	out := make([]int32, len(list))
	for i, v := range list {
		x, ok := v.(float64)
		if !ok || x != float64(int32(x)) {
			return nil, fmt.Errorf("column %s[%d] is %v, it must be a whole number", column, i, v)
		}
		out[i] = int32(x)
	}
	return out, nil
}

func kindOf(v any) string {
	switch x := v.(type) {
	case nil:
		return "nothing"
	case string:
		return "a string"
	case float64:
		return fmt.Sprintf("the number %v", x)
	case bool:
		return fmt.Sprint(x)
	case []tokenize.Message:
		return "a list of messages"
	case []any:
		return "a list"
	}
	return "an object"
}

// String writes a conversation with its roles, or the columns one under the other.
func (r Row) String() string {
	if m, ok := r.Columns["messages"].([]tokenize.Message); ok && len(r.Columns) == 1 {
		return talk(m)
	}
	var names []string
	for c := range r.Columns {
		names = append(names, c)
	}
	rank := map[string]int{"messages": 1, "text": 1, "prompt": 2, "completion": 3, "completions": 3, "chosen": 3, "rejected": 4, "label": 5, "labels": 5}
	sort.Slice(names, func(i, j int) bool {
		a, b := rank[names[i]], rank[names[j]]
		if a == 0 {
			a = 9
		}
		if b == 0 {
			b = 9
		}
		if a != b {
			return a < b
		}
		return names[i] < names[j]
	})
	var lines []string
	for _, c := range names {
		lines = append(lines, c+": "+show(r.Columns[c]))
	}
	return strings.Join(lines, "\n")
}

func talk(m []tokenize.Message) string {
	var lines []string
	for _, x := range m {
		lines = append(lines, x.Role+": "+x.Content)
	}
	return strings.Join(lines, "\n")
}

func show(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case []tokenize.Message:
		if len(x) == 1 {
			return x[0].Content
		}
		return "\n  " + strings.ReplaceAll(talk(x), "\n", "\n  ")
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
