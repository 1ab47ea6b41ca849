package datasets

import (
	"fmt"
	"reflect"
	"unicode/utf8"

	"lyceum/lib/tokenize"
)

// SplitPrompt gives a preference row a prompt of its own where it has none, or one of another kind: what chosen and rejected
// begin with alike, in messages or in characters; of strings one space before the difference goes back to the completions. A
// row that has a prompt of the same kind is returned as it is. Rules: TRL's extract_prompt.
func (r Row) SplitPrompt() (Row, error) {
	if r.Has("prompt") && conversational(r.Columns["prompt"]) == conversational(r.Columns["chosen"]) {
		return r, nil
	}
	var n int
	var cut func(v any) (any, any)
	switch c := r.Columns["chosen"].(type) {
	case string:
		s, err := r.Text("rejected")
		if err != nil {
			return r, err
		}
		n = sharedText(c, s)
		cut = func(v any) (any, any) { return v.(string)[:n], v.(string)[n:] }
	case []tokenize.Message:
		s, err := r.Turns("rejected")
		if err != nil {
			return r, err
		}
		n = sharedTurns(c, s)
		cut = func(v any) (any, any) { return v.([]tokenize.Message)[:n], v.([]tokenize.Message)[n:] }
	case nil:
		return r, fmt.Errorf("column chosen is missing")
	default:
		return r, fmt.Errorf("column chosen holds %s, it must hold a string or a list of messages", kindOf(c))
	}
	prompt, chosen := cut(r.Columns["chosen"])
	_, rejected := cut(r.Columns["rejected"])
	out := r.With("prompt", prompt).With("chosen", chosen).With("rejected", rejected)
	if m, ok := prompt.([]tokenize.Message); ok && len(m) == 0 {
		return r, fmt.Errorf("chosen and rejected begin with different messages: there is no prompt that they share")
	}
	if !r.Has("reference") {
		return out, nil
	}
	return splitGold(out, r.Columns["reference"], prompt, n)
}

// splitGold takes the prompt from the gold completion of a triple.
func splitGold(out Row, gold, prompt any, n int) (Row, error) {
	bad := fmt.Errorf("column reference does not begin with the prompt that chosen and rejected share: give the row a column prompt")
	switch g := gold.(type) {
	case string:
		if p, ok := prompt.(string); ok && len(g) >= n && g[:n] == p {
			return out.With("reference", g[n:]), nil
		}
	case []tokenize.Message:
		if p, ok := prompt.([]tokenize.Message); ok && len(g) >= n && reflect.DeepEqual(g[:n], p) {
			return out.With("reference", g[n:]), nil
		}
	}
	return out, bad
}

// sharedText is the length in bytes of the shared beginning, in whole characters; of equal strings it ends one character early.
func sharedText(a, b string) int {
	n, last := 0, 0
	for n < len(a) && n < len(b) {
		x, size := utf8.DecodeRuneInString(a[n:])
		y, _ := utf8.DecodeRuneInString(b[n:])
		if x != y {
			if n > 0 && a[n-1] == ' ' {
				n--
			}
			return n
		}
		last, n = n, n+size
	}
	return last
}

func sharedTurns(a, b []tokenize.Message) int {
	n := 0
	for n < len(a) && n < len(b) && reflect.DeepEqual(a[n], b[n]) {
		n++
	}
	if n == len(a) || n == len(b) {
		return max(n-1, 0)
	}
	return n
}

// unpairedTogether is how many pairs are taken apart at a time: TRL does so in map batches of this size.
const unpairedTogether = 1000

// Unpaired turns preferences into rows of prompt, completion and label: of every thousand pairs first all chosen completions,
// then all rejected ones, as in TRL. A set without pairs is returned as it is.
func (s *Set) Unpaired() (*Set, error) {
	if !s.Has("chosen") || !s.Has("rejected") {
		return s, nil
	}
	out := &Set{Name: s.Name}
	var from []int
	for at := 0; at < len(s.rows); at += unpairedTogether {
		end := min(at+unpairedTogether, len(s.rows))
		for _, side := range []struct {
			column string
			label  bool
		}{{"chosen", true}, {"rejected", false}} {
			for i := at; i < end; i++ {
				r, err := s.rows[i].SplitPrompt()
				if err != nil {
					return nil, fmt.Errorf("%s: %w", s.Where(i), err)
				}
				columns := map[string]any{}
				for k, v := range r.Columns {
					if k != "chosen" && k != "rejected" {
						columns[k] = v
					}
				}
				columns["completion"], columns["label"] = r.Columns[side.column], side.label
				out.rows, from = append(out.rows, Row{columns}), append(from, i)
			}
		}
	}
	out.at = func(i int) string { return s.Where(from[i]) }
	return out, nil
}
