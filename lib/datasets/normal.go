package datasets

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"lyceum/lib/tokenize"
)

// roles are those that a message may have.
var roles = []string{"system", "user", "assistant", "tool", "developer"}

// normal brings a row as read into the form that Row describes: lists of messages become conversations (from and value, as
// ShareGPT wrote them, become role and content; conversations becomes messages), numbers float64.
func normal(columns map[string]any) (Row, error) {
	for name, v := range columns {
		if s, ok := v.(string); ok && !utf8.ValidString(s) {
			return Row{}, fmt.Errorf("column %s: the text is not UTF-8", name)
		}
		list, ok := v.([]any)
		if !ok || !isConversation(list) {
			continue
		}
		m, err := messages(list, nil)
		if err != nil {
			return Row{}, fmt.Errorf("column %s%w", name, err)
		}
		columns[name] = m
	}
	if v, ok := columns["conversations"]; ok && columns["messages"] == nil && conversational(v) {
		columns["messages"] = v
		delete(columns, "conversations")
	}
	return Row{columns}, nil
}

// isConversation reports whether a list is one of messages: objects with a role and the like. Lists of other objects are left
// alone.
func isConversation(list []any) bool {
	if len(list) == 0 {
		return false
	}
	m, ok := list[0].(map[string]any)
	if !ok {
		return false
	}
	_, role := m["role"]
	_, from := m["from"]
	return role || from
}

// messages reads a list of messages. raw is the list as it was written, if it is known: the keys of a message keep their order.
func messages(list []any, raw []json.RawMessage) ([]tokenize.Message, error) {
	out := make([]tokenize.Message, len(list))
	for i, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("[%d]: this is %s, it must be a message with role and content", i, kindOf(v))
		}
		old := fromShareGPT(m)
		role, _ := m["role"].(string)
		if !slices.Contains(roles, role) {
			return nil, fmt.Errorf("[%d].role: %s is not %s", i, quoted(m["role"]), strings.Join(roles, ", "))
		}
		switch m["content"].(type) {
		case string, nil, []any:
		default:
			return nil, fmt.Errorf("[%d].content holds %s, it must hold a string", i, kindOf(m["content"]))
		}
		if m["content"] == nil && m["tool_calls"] == nil {
			return nil, fmt.Errorf("[%d].content is missing", i)
		}
		text := []byte(nil)
		if raw != nil && !old {
			text = raw[i]
		} else {
			b, err := json.Marshal(m)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			text = b
		}
		if err := json.Unmarshal(text, &out[i]); err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return out, nil
}

// fromShareGPT renames from and value to role and content, and human and gpt to user and assistant, and reports whether it did.
func fromShareGPT(m map[string]any) bool {
	_, old := m["from"]
	if !old || m["role"] != nil {
		return false
	}
	m["role"], m["content"] = m["from"], m["value"]
	delete(m, "from")
	delete(m, "value")
	switch m["role"] {
	case "human":
		m["role"] = "user"
	case "gpt":
		m["role"] = "assistant"
	}
	return true
}

func quoted(v any) string {
	if s, ok := v.(string); ok {
		return fmt.Sprintf("%q", s)
	}
	return kindOf(v)
}
