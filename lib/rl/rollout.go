package rl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
)

// A Rollout is one generation batch as it is saved: a line of JSON, from which any online objective can be run again.
//
//	{"step": 1, "rows": [{"prompt_ids": [...], "completion_ids": [...], "rewards": {"name": 0.5}, "group": 0, ...}], "order": [...]}
type Rollout struct {
	Step int          `json:"step"` // the first step that learns from it, from 1
	Rows []RolloutRow `json:"rows"`
	// Order lists rows as micro-batches take them, iteration after iteration or epoch after epoch; empty: the trainer's own
	// order.
	Order []int `json:"order,omitempty"`
	// Exact says that the numbers of the rows are those that the run has used, to the last bit: a replay takes them as they are.
	Exact bool `json:"exact,omitempty"`
	// Eval marks a batch that an evaluation after Step steps was made of: nothing learns from it.
	Eval bool `json:"eval,omitempty"`
}

// A RolloutRow is one completion. LogProbs and values have one entry a token of the completion (values may have one more),
// in nats; they are optional, and what is missing is computed from the models.
type RolloutRow struct {
	PromptIDs     []int32    `json:"prompt_ids"`
	CompletionIDs []int32    `json:"completion_ids"`
	Rewards       RowRewards `json:"rewards"`
	Group         int        `json:"group"`
	OldLogProbs   []float64  `json:"old_logps,omitempty"`
	RefLogProbs   []float64  `json:"ref_logps,omitempty"`
	Values        []float64  `json:"values,omitempty"`
	Mask          []int      `json:"mask,omitempty"` // 0 for tokens that an environment wrote; absent: all are the model's
}

// RowRewards are the rewards of one completion in the order of the reward functions; NaN (null in JSON) where one does not
// apply.
type RowRewards []NamedReward

// A NamedReward is what one reward function said.
type NamedReward struct {
	Name  string
	Value float64
}

// MarshalJSON writes an object in the order of the functions.
func (r RowRewards) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, x := range r {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(x.Name)
		if err != nil {
			return nil, err
		}
		value := []byte("null")
		if !math.IsNaN(x.Value) {
			if value, err = json.Marshal(x.Value); err != nil {
				return nil, err
			}
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads an object and keeps its order, since weights go by it.
func (r *RowRewards) UnmarshalJSON(data []byte) error {
	*r = nil
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		if t == nil {
			return err // null: no rewards
		}
		return fmt.Errorf("rewards must be an object of numbers")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var v *float64
		if err := d.Decode(&v); err != nil {
			return fmt.Errorf("the reward %q is no number: %w", key, err)
		}
		x := math.NaN()
		if v != nil {
			x = *v
		}
		*r = append(*r, NamedReward{key.(string), x})
	}
	return nil
}

// ReadRollouts reads a file of saved rollouts, one a line.
func ReadRollouts(file string) ([]Rollout, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("rollouts: %w", err)
	}
	defer f.Close()
	var out []Rollout
	r := bufio.NewReader(f)
	for n := 1; ; n++ {
		data, err := r.ReadBytes('\n')
		if len(bytes.TrimSpace(data)) > 0 {
			var x Rollout
			if err := json.Unmarshal(data, &x); err != nil {
				return nil, fmt.Errorf("rollouts: %s:%d: %w", file, n, err)
			}
			if err := x.check(); err != nil {
				return nil, fmt.Errorf("rollouts: %s:%d: %w", file, n, err)
			}
			out = append(out, x)
		}
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("rollouts: %s: %w", file, err)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("rollouts: %s has no line", file)
	}
	return out, nil
}

// check says which row does not fit.
func (x *Rollout) check() error {
	if len(x.Rows) == 0 {
		return fmt.Errorf("the rollout of step %d has no rows", x.Step)
	}
	for i, r := range x.Rows {
		n := len(r.CompletionIDs)
		switch {
		case len(r.PromptIDs) == 0:
			return fmt.Errorf("row %d has no prompt_ids", i)
		case n == 0:
			return fmt.Errorf("row %d has an empty completion: there is no token to learn from", i)
		case r.OldLogProbs != nil && len(r.OldLogProbs) < n || r.RefLogProbs != nil && len(r.RefLogProbs) < n || r.Values != nil && len(r.Values) < n || r.Mask != nil && len(r.Mask) != n:
			return fmt.Errorf("row %d has %d completion_ids, %d old_logps, %d ref_logps, %d values, %d mask: each list that is there needs one entry a token", i, n, len(r.OldLogProbs), len(r.RefLogProbs), len(r.Values), len(r.Mask))
		}
		for k, v := range r.Rewards {
			if k >= len(x.Rows[0].Rewards) || v.Name != x.Rows[0].Rewards[k].Name {
				return fmt.Errorf("row %d has the reward %q where row 0 has another: all rows need the same in the same order", i, v.Name)
			}
		}
		if len(r.Rewards) != len(x.Rows[0].Rewards) {
			return fmt.Errorf("row %d has %d rewards, row 0 has %d", i, len(r.Rewards), len(x.Rows[0].Rewards))
		}
	}
	for _, i := range x.Order {
		if i < 0 || i >= len(x.Rows) {
			return fmt.Errorf("order names row %d of %d", i, len(x.Rows))
		}
	}
	return nil
}

// A Recorder writes rollouts to a file as they come, each line at once.
type Recorder struct{ f *os.File }

// NewRecorder begins a new file, or goes on at the end of one.
func NewRecorder(file string, goOn bool) (*Recorder, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, fmt.Errorf("rollouts: %w", err)
	}
	how := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if goOn {
		how = os.O_CREATE | os.O_WRONLY | os.O_APPEND
	}
	f, err := os.OpenFile(file, how, 0o644)
	if err != nil {
		return nil, fmt.Errorf("rollouts: %w", err)
	}
	return &Recorder{f}, nil
}

// Write adds one rollout.
func (r *Recorder) Write(x Rollout) error {
	b, err := json.Marshal(x)
	if err != nil {
		return err
	}
	_, err = r.f.Write(append(b, '\n'))
	return err
}

// Close ends the file.
func (r *Recorder) Close() error { return r.f.Close() }
