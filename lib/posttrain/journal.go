package posttrain

import (
	"encoding/json"
	"fmt"
	"math"

	"lyceum/lib/nn"
	"lyceum/lib/rl"
)

// A kept generation is what a checkpoint holds of an online run between two steps that learn from the same completions.
type kept struct {
	Made       int                  `json:"made"` // generations so far
	Seen       float64              `json:"seen"` // tokens so far
	Names      []string             `json:"names,omitempty"`
	Rollout    *rl.Rollout          `json:"rollout,omitempty"` // nil: the next step draws anew
	Truncated  []bool               `json:"truncated,omitempty"`
	Masked     []bool               `json:"masked,omitempty"`
	Advantages []float64            `json:"advantages,omitempty"`
	Tokens     float64              `json:"tokens,omitempty"`
	Coef       float64              `json:"entropy_coef,omitempty"`
	Entropy    *float64             `json:"last_entropy,omitempty"`
	Number     int                  `json:"number,omitempty"` // of PPO's rollout
	Statistics map[string][]float64 `json:"statistics,omitempty"`
}

// keep writes down a generation.
func (o *source) keep(g *generation) kept {
	k := kept{Made: o.made, Seen: o.seen, Names: o.names}
	if g == nil {
		return k
	}
	k.Rollout, k.Tokens = o.rollout(g, 0, len(g.order)), g.tokens
	for _, e := range g.rows {
		k.Truncated, k.Masked, k.Advantages = append(k.Truncated, e.truncated), append(k.Masked, e.masked), append(k.Advantages, e.advantage)
	}
	return k
}

// restore makes the generation again; nil if there was none.
func (o *source) restore(k kept) (*generation, error) {
	o.made, o.seen, o.names = k.Made, k.Seen, k.Names
	if k.Rollout == nil {
		return nil, nil
	}
	g := &generation{order: k.Rollout.Order, tokens: k.Tokens}
	n := len(k.Rollout.Rows)
	if len(k.Truncated) != n || len(k.Masked) != n || len(k.Advantages) != n {
		return nil, fmt.Errorf("the completions in the checkpoint are damaged: %d rows, %d advantages", n, len(k.Advantages))
	}
	for i, r := range k.Rollout.Rows {
		e := episodeOf(r)
		e.group, e.truncated, e.masked, e.advantage = r.Group, k.Truncated[i], k.Masked[i], k.Advantages[i]
		g.rows = append(g.rows, e)
	}
	return g, nil
}

// episodeOf reads a saved row.
func episodeOf(r rl.RolloutRow) *episode {
	e := &episode{prompt: r.PromptIDs, ids: r.CompletionIDs, old: r.OldLogProbs, ref: r.RefLogProbs, values: r.Values}
	for _, k := range r.Mask {
		e.said = append(e.said, k != 0)
	}
	for _, v := range r.Rewards {
		e.rewards = append(e.rewards, v.Value)
	}
	return e
}

func (t *grpo) journal() ([]byte, error) {
	k := t.source.keep(t.gen)
	k.Coef = t.coef
	if !math.IsInf(t.lastEntropy, 0) {
		k.Entropy = &t.lastEntropy
	}
	return json.Marshal(k)
}

func (t *grpo) readJournal(data []byte) (err error) {
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		return err
	}
	t.coef, t.lastEntropy = k.Coef, math.Inf(1)
	if k.Entropy != nil {
		t.lastEntropy = *k.Entropy
	}
	t.gen, err = t.source.restore(k)
	return err
}

func (t *rloo) journal() ([]byte, error) { return json.Marshal(t.source.keep(t.gen)) }

func (t *rloo) readJournal(data []byte) (err error) {
	var k kept
	if err = json.Unmarshal(data, &k); err == nil {
		t.gen, err = t.source.restore(k)
	}
	return err
}

func (t *distillation) journal() ([]byte, error) { return json.Marshal(t.source.keep(t.gen)) }

func (t *distillation) readJournal(data []byte) (err error) {
	var k kept
	if err = json.Unmarshal(data, &k); err == nil {
		t.gen, err = t.source.restore(k)
	}
	return err
}

func (t *ppo) journal() ([]byte, error) {
	if t.rollout == nil {
		return json.Marshal(t.source.keep(nil))
	}
	k := t.source.keep(t.rollout.generation)
	k.Number, k.Statistics = t.rollout.number, t.rollout.sums
	return json.Marshal(k)
}

func (t *ppo) readJournal(data []byte) error {
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		return err
	}
	g, err := t.source.restore(k)
	if err != nil || g == nil {
		return err
	}
	x := &ppoRollout{generation: g, number: k.Number, sums: k.Statistics}
	if x.sums == nil {
		x.sums = map[string][]float64{}
	}
	for at := 0; at+len(g.rows) <= len(g.order); at += len(g.rows) {
		x.orders = append(x.orders, g.order[at:at+len(g.rows)])
	}
	t.rollout = x
	return t.reward(x)
}

// A reference that follows the policy, or one with an adapter, is part of the state.
func (t *grpo) keep() (map[string]float64, []nn.Param) { return nil, t.ref.tensors() }
func (t *grpo) restore(map[string]float64) error       { return nil }
func (t *rloo) keep() (map[string]float64, []nn.Param) { return nil, t.ref.tensors() }
func (t *rloo) restore(map[string]float64) error       { return nil }
