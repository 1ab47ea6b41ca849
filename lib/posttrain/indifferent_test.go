package posttrain

import (
	"fmt"
	"testing"
)

// TestGRPOSkipsBackwardPassesOfZeros compares a micro-batch in which every completion is as good as the others of its group with
// and without its backward pass.
func TestGRPOSkipsBackwardPassesOfZeros(t *testing.T) {
	for _, loss := range []string{"dapo", "grpo", "bnpo", "dr_grpo", "cispo", "sapo", "vespo", "luspo", "gmpo"} {
		m := small()
		task := &grpo{run: &Run{Method: "GRPO", Model: m}, c: GRPOConfig{Loss: loss, Temperature: 1, StepsPerGeneration: 1, ClipEpsHigh: 5}}
		var rows []*episode
		for i := range int32(3) {
			rows = append(rows, &episode{prompt: []int32{1, 2}, ids: []int32{3 + i, 4, 5}, old: []float64{-4, -5, -6}})
		}
		g := &generation{rows: rows, tokens: 9}
		first, then := newMeter(), newMeter()
		whole := task.loss(g, rows, 1, first)
		if !whole.Wants() {
			t.Errorf("%s: the first loss must have a gradient", loss)
			continue
		}
		whole.Backward()
		for _, p := range m.LM.Params() {
			for _, v := range p.Value.Grad().Data() {
				if v != 0 {
					t.Fatalf("%s: %s has the gradient %v", loss, p.Name, v)
				}
			}
		}
		short := task.loss(g, rows, 1, then)
		if short.Wants() || short.Item() != whole.Item() {
			t.Errorf("%s: the loss is %v with a gradient and %v later; it has one: %v", loss, whole.Item(), short.Item(), short.Wants())
		}
		if fmt.Sprint(first.Names, first.Sums) != fmt.Sprint(then.Names, then.Sums) {
			t.Errorf("%s: metrics %v, later %v", loss, first.Sums, then.Sums)
		}
		rows[1].advantage = 0.5
		if !task.loss(g, rows, 1, then).Wants() {
			t.Errorf("%s: one advantage is not 0, and there is no gradient", loss)
		}
	}
}
