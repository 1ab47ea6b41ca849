// Package datasets is what models are trained on and asked: rows in every shape that TRL knows, standard or conversational,
// from files or made from the small world that the course is about; their tokens and masks.
package datasets

import (
	"fmt"
	"html"
	"math/rand/v2"
	"sort"
	"strings"

	"lyceum/lib/tokenize"
)

// A Set is rows with named columns. Which columns there are makes its shape:
//
//	text, or messages                    language modelling
//	prompt                               prompts only
//	prompt, completion                   prompt and completion
//	[prompt,] chosen, rejected           preferences
//	prompt, completion, label            unpaired preferences
//	prompt, completions, labels          steps with a verdict each
//
// Each may be standard (strings) or conversational (lists of messages). Further columns travel along.
type Set struct {
	Name string
	rows []Row
	at   func(i int) string // where row i comes from, for errors
}

// Chats is a Set of conversations.
type Chats = Set

// NewSet makes a set of rows.
func NewSet(name string, rows []Row) *Set { return &Set{Name: name, rows: rows} }

// NewChats makes a set of conversations: rows with a column messages.
func NewChats(name string, rows [][]tokenize.Message) *Set {
	s := &Set{Name: name}
	for _, m := range rows {
		s.rows = append(s.rows, Row{Columns: map[string]any{"messages": m}})
	}
	return s
}

// Len is the number of rows.
func (s *Set) Len() int { return len(s.rows) }

// Row returns one row.
func (s *Set) Row(i int) Row {
	if i < 0 || i >= len(s.rows) {
		panic(fmt.Sprintf("datasets.Set.Row: %d is outside %s, which has %d rows", i, s.Name, len(s.rows)))
	}
	return s.rows[i]
}

// Where says where a row comes from, for errors: "pairs.jsonl, line 7".
func (s *Set) Where(i int) string {
	if s.at != nil {
		return s.at(i)
	}
	return fmt.Sprintf("%s, row %d", s.Name, i)
}

// Has reports whether the first row has a column: as in TRL, it decides the shape of all.
func (s *Set) Has(column string) bool { return len(s.rows) > 0 && s.rows[0].Has(column) }

// Columns lists the columns of the first row.
func (s *Set) Columns() []string {
	var out []string
	if len(s.rows) > 0 {
		for c := range s.rows[0].Columns {
			out = append(out, c)
		}
	}
	sort.Strings(out)
	return out
}

// pick makes a set of some rows.
func (s *Set) pick(which []int) *Set {
	out := &Set{Name: s.Name, at: func(i int) string { return s.Where(which[i]) }}
	for _, i := range which {
		out.rows = append(out.rows, s.rows[i])
	}
	return out
}

func numbered(low, high int) []int {
	var out []int
	for i := low; i < high; i++ {
		out = append(out, i)
	}
	return out
}

// Take returns the first n rows.
func (s *Set) Take(n int) *Set { return s.pick(numbered(0, min(max(n, 0), len(s.rows)))) }

// Skip returns the rows after the first n.
func (s *Set) Skip(n int) *Set { return s.pick(numbered(min(max(n, 0), len(s.rows)), len(s.rows))) }

// Split returns the first share of the rows and the rest: 0.9 keeps a tenth back.
func (s *Set) Split(share float64) (first, rest *Set) {
	n := int(share*float64(len(s.rows)) + 0.5)
	return s.Take(n), s.Skip(n)
}

// Shuffle returns the rows in an order that the seed decides.
func (s *Set) Shuffle(seed uint64) *Set {
	which := numbered(0, len(s.rows))
	rand.New(rand.NewPCG(seed, 3)).Shuffle(len(which), func(i, j int) { which[i], which[j] = which[j], which[i] })
	return s.pick(which)
}

// Filter returns the rows for which keep is true.
func (s *Set) Filter(keep func(Row) bool) *Set {
	var which []int
	for i, r := range s.rows {
		if keep(r) {
			which = append(which, i)
		}
	}
	return s.pick(which)
}

// Map returns the set with every row changed.
func (s *Set) Map(change func(Row) Row) *Set {
	out := s.pick(numbered(0, len(s.rows)))
	for i := range out.rows {
		out.rows[i] = change(out.rows[i])
	}
	return out
}

// String says what the set is.
func (s *Set) String() string {
	what := "rows of " + strings.Join(s.Columns(), ", ")
	if s.Has("messages") {
		what = "conversations"
	}
	return fmt.Sprintf("%s: %d %s", s.Name, len(s.rows), what)
}

// shownRows is how many rows the table of a set has.
const shownRows = 5

// HTML shows the set's first rows.
func (s *Set) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<div style="font-size:85%%;color:#666">%s</div><table><tbody>`, html.EscapeString(s.String()))
	for i, r := range s.rows {
		if i == shownRows {
			fmt.Fprintf(&b, "<tr><td>...</td><td>%d more</td></tr>", len(s.rows)-i)
			break
		}
		fmt.Fprintf(&b, `<tr><td>%d</td><td style="text-align:left;white-space:pre-wrap">%s</td></tr>`, i, html.EscapeString(r.String()))
	}
	b.WriteString("</tbody></table>")
	return b.String()
}
