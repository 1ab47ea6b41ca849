package tokenize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"lyceum/lib/tokenize/jinja"
)

// A Message is one turn of a conversation, with everything that a chat template may look at.
type Message struct {
	Role    string // "system", "user", "assistant", "tool" or what else the template knows
	Content string // the text; "" where the content is a list of parts or absent
	// Extra holds the other keys in their order (tool_calls, reasoning_content, name, ...); nil for none. Where it was read
	// from JSON it has role and content too, to keep their places: Role and Content go before what stands here, except that a
	// content that is no text (a list of parts) is that of Extra as long as Content is "".
	Extra *jinja.Dict
}

// With returns the message with one more key, or with another value for it. The value is anything that JSON can say;
// maps of Go have no order and are sorted by their keys: use jinja.FromJSON to keep one.
func (m Message) With(key string, value any) Message {
	v := jinja.FromGo(value)
	switch text, isText := v.(string); {
	case key == "role" && isText:
		m.Role = text
		return m
	case key == "content" && isText:
		m.Content = text
	case key == "content":
		m.Content = ""
	}
	extra := jinja.NewDict()
	if m.Extra != nil {
		for _, k := range m.Extra.Keys() {
			old, _ := m.Extra.Get(k)
			extra.Set(k, old)
		}
	} else {
		extra.Set("role", m.Role)
		extra.Set("content", m.Content)
	}
	extra.Set(key, v)
	m.Extra = extra
	return m
}

// Get returns the value of a key as a template sees it: nil, bool, int64, float64, string, *jinja.List or *jinja.Dict.
func (m Message) Get(key string) (any, bool) { return m.dict().Get(key) }

// Text is the content as text: of a list of parts, the texts of its parts.
func (m Message) Text() string {
	content, _ := m.Get("content")
	switch c := content.(type) {
	case string:
		return c
	case *jinja.List:
		var b strings.Builder
		for _, part := range c.Items {
			if d, ok := part.(*jinja.Dict); ok {
				if text, _ := d.Get("text"); text != nil {
					if s, ok := text.(string); ok {
						b.WriteString(s)
					}
				}
			}
		}
		return b.String()
	}
	return ""
}

// dict is the message as a template sees it.
func (m Message) dict() *jinja.Dict {
	d := jinja.NewDict()
	if m.Extra == nil {
		d.Set("role", m.Role)
		d.Set("content", m.Content)
		return d
	}
	hasRole := false
	for _, k := range m.Extra.Keys() {
		v, _ := m.Extra.Get(k)
		switch k {
		case "role":
			hasRole = true
			v = m.Role
		case "content":
			if _, text := v.(string); text || m.Content != "" {
				v = m.Content
			}
		}
		d.Set(k, v)
	}
	if _, ok := d.Get("content"); !ok && m.Content != "" {
		d.Set("content", m.Content)
	}
	if hasRole {
		return d
	}
	first := jinja.NewDict()
	first.Set("role", m.Role)
	for _, k := range d.Keys() {
		v, _ := d.Get(k)
		first.Set(k, v)
	}
	return first
}

// UnmarshalJSON reads a message: an object with a role. Its keys keep their order.
func (m *Message) UnmarshalJSON(data []byte) error {
	v, err := jinja.FromJSON(data)
	if err != nil {
		return err
	}
	d, ok := v.(*jinja.Dict)
	if !ok {
		return fmt.Errorf("a message is an object with a role and a content, not %s", short(bytes.TrimSpace(data)))
	}
	role, ok := d.Get("role")
	text, isText := role.(string)
	if ok && !isText {
		return fmt.Errorf("the role of a message is a text, not %s", short(bytes.TrimSpace(data)))
	}
	*m = Message{Role: text}
	content, hasContent := d.Get("content")
	m.Content, isText = content.(string)
	keys := d.Keys()
	if !(len(keys) == 2 && ok && hasContent && isText && keys[0] == "role") {
		m.Extra = d
	}
	return nil
}

// MarshalJSON writes the message with its keys in their order.
func (m Message) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	d := m.dict()
	b.WriteByte('{')
	for i, k := range d.Keys() {
		if i > 0 {
			b.WriteByte(',')
		}
		v, _ := d.Get(k)
		key, err := json.Marshal(k)
		if err != nil {
			return nil, err
		}
		value, err := jinja.ToJSON(v)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
