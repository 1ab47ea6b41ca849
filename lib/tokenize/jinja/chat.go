package jinja

// AliasReasoning gives the messages that carry reasoning under one of its names (reasoning_content, thinking, reasoning)
// the names that templates read, as Transformers does before it renders. The messages are not changed.
func AliasReasoning(messages any) any {
	l, ok := messages.(*List)
	if !ok {
		return messages
	}
	out := &List{Items: append([]any{}, l.Items...)}
	for i, m := range out.Items {
		d, ok := m.(*Dict)
		if !ok {
			continue
		}
		for _, name := range []string{"reasoning_content", "thinking", "reasoning"} {
			v, ok := d.Get(name)
			if !ok || v == nil {
				continue
			}
			with := NewDict()
			with.Set("thinking", v)
			for _, k := range d.keys {
				x, _ := d.Get(k)
				with.Set(k, x)
			}
			with.Set("reasoning_content", v)
			out.Items[i] = with
			break
		}
	}
	return out
}
