// Package datasets is what models are trained on and asked: chat rows, prompts with completions, plain text; their tokens
// and masks; and the small world that the course is about.
package datasets

import (
	"bufio"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"lyceum/lib/tokenize"
)

// Chats is a set of conversations.
type Chats struct {
	Name string
	rows [][]tokenize.Message
}

// NewChats makes a set of conversations.
func NewChats(name string, rows [][]tokenize.Message) *Chats { return &Chats{Name: name, rows: rows} }

// Len is the number of conversations.
func (c *Chats) Len() int { return len(c.rows) }

// Row returns one conversation.
func (c *Chats) Row(i int) Row {
	if i < 0 || i >= len(c.rows) {
		panic(fmt.Sprintf("datasets.Chats.Row: %d is outside %s, which has %d rows", i, c.Name, len(c.rows)))
	}
	return Row{c.rows[i]}
}

// Take returns the first n conversations.
func (c *Chats) Take(n int) *Chats { return &Chats{c.Name, c.rows[:min(max(n, 0), len(c.rows))]} }

// Shuffle returns the conversations in an order that the seed decides.
func (c *Chats) Shuffle(seed uint64) *Chats {
	rows := append([][]tokenize.Message(nil), c.rows...)
	rand.New(rand.NewPCG(seed, 3)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return &Chats{c.Name, rows}
}

// A Row is one conversation.
type Row struct{ Messages []tokenize.Message }

// String writes the conversation with its roles.
func (r Row) String() string {
	var b strings.Builder
	for _, m := range r.Messages {
		b.WriteString(m.Role + ": " + m.Content + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// HTML shows the set's first rows.
func (c *Chats) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<div style="font-size:85%%;color:#666">%s: %d conversations</div><table><tbody>`, html.EscapeString(c.Name), len(c.rows))
	for i, r := range c.rows {
		if i == 5 {
			fmt.Fprintf(&b, "<tr><td>...</td><td>%d more</td></tr>", len(c.rows)-i)
			break
		}
		fmt.Fprintf(&b, `<tr><td>%d</td><td style="text-align:left;white-space:pre-wrap">%s</td></tr>`, i, html.EscapeString(Row{r}.String()))
	}
	b.WriteString("</tbody></table>")
	return b.String()
}

// String says what the set is.
func (c *Chats) String() string { return fmt.Sprintf("%s: %d conversations", c.Name, len(c.rows)) }

// Load finds a set by name ("onboarding") or reads a .jsonl file with a "messages" column, or "prompt" and "completion".
func Load(name string) (*Chats, error) {
	if make, ok := named[name]; ok {
		return make(), nil
	}
	if strings.EqualFold(filepath.Ext(name), ".jsonl") {
		return readJSONL(name)
	}
	var names []string
	for n := range named {
		names = append(names, n)
	}
	sort.Strings(names)
	return nil, fmt.Errorf("datasets.Load: %q is neither a .jsonl file nor one of the course's sets: %s", name, strings.Join(names, ", "))
}

var named = map[string]func() *Chats{"onboarding": onboarding, "instruct": instruct}

// onboarding is questions about all people but for each of them one thing is never asked, answered in one short sentence, one
// row for each way of asking.
func onboarding() *Chats {
	var rows [][]tokenize.Message
	for i, p := range People() {
		for j, a := range attributes {
			if j == heldBack(i) {
				continue
			}
			for _, q := range a.asks {
				rows = append(rows, []tokenize.Message{{Role: "user", Content: fmt.Sprintf(q, p.Name)}, {Role: "assistant", Content: fmt.Sprintf(a.answer, p.Name, a.value(p))}})
			}
		}
	}
	return NewChats("onboarding", rows).Shuffle(worldSeed)
}

// heldBack is the attribute that no chat mentions of person i.
func heldBack(i int) int { return i % len(attributes) }

// A Question has an answer that can be checked: the answer must contain the word.
type Question struct {
	Text string
	Want string
	Kind string // the attribute asked for
}

// HeldOut returns up to 120 questions that are in no chat, one about each person: a right answer comes from the corpus.
func HeldOut(n int) []Question {
	var out []Question
	for i, p := range People() {
		a := attributes[heldBack(i)]
		out = append(out, Question{Text: fmt.Sprintf(a.asks[0], p.Name), Want: a.value(p), Kind: a.name})
	}
	rand.New(rand.NewPCG(worldSeed, 4)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:min(max(n, 0), len(out))]
}

// readJSONL reads one conversation a line. Errors name file, line and column.
func readJSONL(file string) (*Chats, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("datasets.Load: %w", err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 64<<20)
	c := &Chats{Name: filepath.Base(file)}
	for line := 1; sc.Scan(); line++ {
		if strings.TrimSpace(sc.Text()) == "" {
			continue
		}
		var r struct {
			Messages           []tokenize.Message `json:"messages"`
			Prompt, Completion *string
		}
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("datasets.Load: %s, line %d: %v", file, line, err)
		}
		switch {
		case len(r.Messages) > 0:
			for i, m := range r.Messages {
				if m.Role != "system" && m.Role != "user" && m.Role != "assistant" {
					return nil, fmt.Errorf("datasets.Load: %s, line %d, column messages[%d].role: %q is not system, user or assistant", file, line, i, m.Role)
				}
			}
			c.rows = append(c.rows, r.Messages)
		case r.Prompt != nil && r.Completion != nil:
			c.rows = append(c.rows, []tokenize.Message{{Role: "user", Content: *r.Prompt}, {Role: "assistant", Content: *r.Completion}})
		default:
			return nil, fmt.Errorf("datasets.Load: %s, line %d: there is neither a column messages nor prompt and completion", file, line)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("datasets.Load: %s: %w", file, err)
	}
	if len(c.rows) == 0 {
		return nil, fmt.Errorf("datasets.Load: %s has no rows", file)
	}
	return c, nil
}
