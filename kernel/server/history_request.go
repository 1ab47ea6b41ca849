package server

import "path"

// historyContent is the content of a history_request (Jupyter messaging, "History").
type historyContent struct {
	Output  bool   `json:"output"`
	Access  string `json:"hist_access_type"`
	Session int    `json:"session"`
	Start   int    `json:"start"`
	Stop    *int   `json:"stop"`
	N       *int   `json:"n"`
	Pattern string `json:"pattern"`
	Unique  bool   `json:"unique"`
}

// historyRequest answers with tuples (session, line, source), or (session, line, (source, output)).
func historyRequest(r *request) {
	var c historyContent
	if !r.into(&c) {
		return
	}
	h := r.shell.history
	h.mu.Lock()
	all := append([]entry(nil), h.entries...)
	session := h.session
	h.mu.Unlock()
	var out []entry
	switch c.Access {
	case "tail":
		out = last(all, c.N)
	case "range":
		want := c.Session
		if want <= 0 {
			want += session
		}
		for _, e := range all {
			if e.Session == want && e.Line >= c.Start && (c.Stop == nil || e.Line < *c.Stop) {
				out = append(out, e)
			}
		}
	case "search":
		out = last(search(all, c), c.N)
	default:
		r.fail("history_request: hist_access_type %q is not known: use tail, range or search", c.Access)
		return
	}
	list := []any{}
	for _, e := range out {
		if c.Output {
			list = append(list, []any{e.Session, e.Line, []any{e.Source, nullable(e.Output)}})
		} else {
			list = append(list, []any{e.Session, e.Line, e.Source})
		}
	}
	r.reply(map[string]any{"status": "ok", "history": list})
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func last(all []entry, n *int) []entry {
	if n == nil {
		return all
	}
	return all[max(0, len(all)-max(0, *n)):]
}

// search finds the sources that match a glob pattern; unique keeps the last of equal ones.
func search(all []entry, c historyContent) []entry {
	pattern := c.Pattern
	if pattern == "" {
		pattern = "*"
	}
	seen := map[string]bool{}
	var out []entry
	for i := len(all) - 1; i >= 0; i-- {
		e := all[i]
		if glob(pattern, e.Source) && !(c.Unique && seen[e.Source]) {
			seen[e.Source] = true
			out = append(out, e)
		}
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// glob matches a whole text against a pattern with *, ? and [...]. Unlike path.Match, * also matches a slash.
func glob(pattern, text string) bool {
	if pattern == "" {
		return text == ""
	}
	switch pattern[0] {
	case '*':
		for i := 0; i <= len(text); i++ {
			if glob(pattern[1:], text[i:]) {
				return true
			}
		}
		return false
	case '?':
		return text != "" && glob(pattern[1:], text[1:])
	case '[':
		end := 1
		for end < len(pattern) && (pattern[end] != ']' || end == 1) {
			end++
		}
		if end == len(pattern) || text == "" {
			return text != "" && text[0] == '[' && glob(pattern[1:], text[1:])
		}
		ok, err := path.Match(pattern[:end+1], text[:1])
		return err == nil && ok && glob(pattern[end+1:], text[1:])
	}
	return text != "" && pattern[0] == text[0] && glob(pattern[1:], text[1:])
}
