package rl

import (
	"fmt"
	"strconv"
	"strings"

	"lyceum/lib/tokenize"
)

// A Batch is what a reward function sees: completions with their prompts, one after another, those of one prompt side by
// side. All slices have one entry a completion.
type Batch struct {
	Prompts       []string             // as the model read them, chat template and all
	Chats         [][]tokenize.Message // the prompts as conversations; empty ones where the data set has plain text
	Completions   []string             // what the model wrote, without special tokens
	PromptIDs     [][]int32
	CompletionIDs [][]int32
	Truncated     []bool           // the completion ran out of room instead of ending
	Groups        []int            // completions of the same group answer the same prompt
	Columns       map[string][]any // the data set's other columns
	Envs          []Environment    // the environment of each completion, if the run has any
	Step          int              // of the run, from 1
	Steps         int              // of the whole run

	notes *notes
	ask   *string
}

// notes are what reward functions log beside their rewards.
type notes struct {
	metrics map[string][]float64
	columns map[string][]any
}

// Len is the number of completions.
func (b Batch) Len() int { return len(b.Completions) }

// LogMetric adds a number to the run's metrics, averaged over the calls of a log.
func (b Batch) LogMetric(name string, v float64) {
	if b.notes != nil {
		b.notes.metrics[name] = append(b.notes.metrics[name], v)
	}
}

// LogColumn adds a column to the table of samples, one value a completion.
func (b Batch) LogColumn(name string, values []any) {
	if b.notes != nil {
		b.notes.columns[name] = values
	}
}

// A Row is one completion of a Batch.
type Row struct {
	Index      int
	Prompt     string
	Completion string
	batch      *Batch
}

// Row returns completion i.
func (b *Batch) Row(i int) Row {
	r := Row{Index: i, Completion: b.Completions[i], batch: b}
	if i < len(b.Prompts) {
		r.Prompt = b.Prompts[i]
	}
	return r
}

// Trial is a batch to try a reward function on before it judges a thousand completions: the columns are those of one row of
// the data set, and all completions answer it.
func Trial(columns map[string]any, completions ...string) Batch {
	b := Batch{Completions: completions, Prompts: make([]string, len(completions)), Groups: make([]int, len(completions)), Columns: map[string][]any{}}
	for name, v := range columns {
		for range completions {
			b.Columns[name] = append(b.Columns[name], v)
		}
	}
	return b
}

// Each calls f for every completion and returns the results: most reward functions are this.
func (b Batch) Each(f func(Row) float64) []float64 {
	out := make([]float64, b.Len())
	for i := range out {
		out[i] = f(b.Row(i))
	}
	return out
}

// Each makes a reward function of one that judges a single completion.
func Each(f func(Row) float64) Reward { return func(b Batch) []float64 { return b.Each(f) } }

// Value is what a column of the data set holds for this completion; nil if there is no such column.
func (r Row) Value(column string) any {
	if c := r.batch.Columns[column]; c != nil {
		return c[r.Index]
	}
	return nil
}

// Text is a column as text. It panics if the data set has no such column.
func (r Row) Text(column string) string {
	switch v := r.need(column).(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// Number is a column as a number. It panics if the data set has no such column, or no number there.
func (r Row) Number(column string) float64 {
	switch v := r.need(column).(type) {
	case float64:
		return v
	case int:
		return float64(v)
	case string:
		if x, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
			return x
		}
	}
	panic(fmt.Sprintf("column %q holds %v for completion %d: that is no number", column, r.Value(column), r.Index))
}

func (r Row) need(column string) any {
	if _, ok := r.batch.Columns[column]; !ok {
		panic(fmt.Sprintf("the data set has no column %q; it has %s", column, columnNames(r.batch.Columns)))
	}
	return r.Value(column)
}

// Chat is the prompt as a conversation.
func (r Row) Chat() []tokenize.Message {
	if r.Index < len(r.batch.Chats) {
		return r.batch.Chats[r.Index]
	}
	return nil
}

// IDs are the tokens of the completion.
func (r Row) IDs() []int32 { return r.batch.CompletionIDs[r.Index] }

// Truncated reports whether the completion ran out of room.
func (r Row) Truncated() bool { return r.Index < len(r.batch.Truncated) && r.batch.Truncated[r.Index] }
