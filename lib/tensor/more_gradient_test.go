package tensor

import (
	"fmt"
	"math"
	"testing"
)

func TestMoreGradients(t *testing.T) {
	for name, f := range map[string]func(*Tensor) *Tensor{
		"GELU": (*Tensor).GELU, "GELUErf": (*Tensor).GELUErf, "Softplus": (*Tensor).Softplus, "GEGLU": GEGLU, "Max": (*Tensor).Max, "Min": (*Tensor).Min,
		"Dropout":    func(x *Tensor) *Tensor { return x.Dropout(0.4, NewRand(3)) },
		"GatherRows": func(x *Tensor) *Tensor { return x.GatherRows([]int32{2, -1, 2, 0}) },
		"SumGroups":  func(x *Tensor) *Tensor { return x.SumGroups([]int32{1, -1, 1}, 3) },
		"Var 0":      func(x *Tensor) *Tensor { return x.Var(0, 1) }, "Var 1": func(x *Tensor) *Tensor { return x.Var(1, 0) },
		"Std":           func(x *Tensor) *Tensor { return x.Std(-1, 1) },
		"twice in Plus": func(x *Tensor) *Tensor { y := x.Scale(2); return y.Plus(y) },
		"Plus again":    func(x *Tensor) *Tensor { y := x.Scale(2); z := y.Plus(x); return z.Plus(y.Plus(z)) },
	} {
		gradCheck(t, name, func(in []*Tensor) *Tensor { return f(in[0]) }, rnd(5, 3, 4))
	}
	gradCheck(t, "PlusOver", func(in []*Tensor) *Tensor { return in[0].PlusOver(Linear(in[0], in[1], nil)) }, rnd(1, 3, 4), rnd(2, 4, 4))
	gradCheck(t, "PlusOver a leaf", func(in []*Tensor) *Tensor { return in[0].PlusOver(in[1]) }, rnd(1, 3, 4), rnd(2, 3, 4))
	gradCheck(t, "Where", func(in []*Tensor) *Tensor { return Where([]bool{true, false, true, false}, in[0], in[1]) }, rnd(1, 2, 2), rnd(2, 2, 2))
	gradCheck(t, "LayerNorm", func(in []*Tensor) *Tensor { return LayerNorm(in[0], in[1], in[2], 1e-5) }, rnd(12, 3, 8), rnd(13, 8), rnd(14, 8))
	gradCheck(t, "LayerNorm without bias", func(in []*Tensor) *Tensor { return LayerNorm(in[0], in[1], nil, 1e-5) }, rnd(12, 3, 8), rnd(13, 8))
	h := Heads{Heads: 2, KVHeads: 1, Dim: 4}
	gradCheck(t, "QKNorm", func(in []*Tensor) *Tensor { return QKNorm(in[0], in[1], in[2], h, 1e-5) }, rnd(15, 3, h.Width()), rnd(16, 4), rnd(17, 4))
}

func TestAttentionOptionsGradients(t *testing.T) {
	h := Heads{Heads: 2, KVHeads: 1, Dim: 4}
	for name, o := range map[string]AttentionOptions{"window": {Window: 2}, "scale": {Scale: 0.1}, "bidirectional": {Bidirectional: true}, "documents": {Segments: []int32{0, 0, 1, 1, 2, 2, -1, -1}}} {
		gradCheck(t, name, func(in []*Tensor) *Tensor { return AttentionWith(in[0], h, 2, 4, o) }, rnd(14, 8, h.Width()))
		gradCheck(t, name+" and a prefix", func(in []*Tensor) *Tensor {
			o.PrefixKeys, o.PrefixValues = in[1], in[2]
			return AttentionWith(in[0], h, 2, 4, o)
		}, rnd(14, 8, h.Width()), rnd(15, 3, 4), rnd(16, 3, 4))
	}
	gradCheck(t, "a prefix for each sequence", func(in []*Tensor) *Tensor {
		return AttentionWith(in[0], h, 2, 4, AttentionOptions{PrefixKeys: in[1], PrefixValues: in[2]})
	}, rnd(14, 8, h.Width()), rnd(15, 2, 3, 4), rnd(16, 2, 3, 4))
}

// TestPrefixIsTokensBefore compares a prefix with the same keys and values as positions of their own.
func TestPrefixIsTokensBefore(t *testing.T) {
	h, const0 := Heads{Heads: 2, KVHeads: 2, Dim: 4}, 3
	qkv := rnd(1, const0+5, h.Width())
	whole := Attention(qkv, h, 1, const0+5, nil)
	keys, values := New(const0, 8), New(const0, 8)
	for i := range const0 {
		copy(keys.data[i*8:], qkv.data[i*h.Width()+8:][:8])
		copy(values.data[i*8:], qkv.data[i*h.Width()+16:][:8])
	}
	got := AttentionWith(qkv.Slice(const0, const0+5), h, 1, 5, AttentionOptions{PrefixKeys: keys, PrefixValues: values})
	const tolerance = 1e-6
	for i, v := range got.data {
		if want := whole.data[const0*8+i]; math.Abs(float64(v-want)) > tolerance {
			t.Fatalf("element %d is %v, want %v", i, v, want)
		}
	}
}

func TestDropoutKeepsTheMean(t *testing.T) {
	x := Full(1, 100, 100)
	y := x.Dropout(0.25, NewRand(1))
	zeros := 0
	for _, v := range y.data {
		if v == 0 {
			zeros++
		} else if math.Abs(float64(v)-4.0/3) > 1e-6 {
			t.Fatalf("a kept element is %v, want 1/(1-p)", v)
		}
	}
	if zeros < 2300 || zeros > 2700 {
		t.Errorf("%d of 10000 dropped at p = 0.25", zeros)
	}
	if again := x.Dropout(0.25, NewRand(1)); !equalData(again.data, y.data) {
		t.Error("the seed decides what is dropped")
	}
	if x.Dropout(0, nil) != x {
		t.Error("p = 0 should do nothing")
	}
}

func TestVarIsTheDefinition(t *testing.T) {
	x := Rows([][]float32{{1, 2, 3, 4}, {2, 2, 2, 2}})
	if got := x.Var(1, 1).data; !equalData(got, []float32{float32(5.0 / 3), 0}) {
		t.Errorf("%v", got)
	}
	if got := x.Std(1, 0).data; !equalData(got, []float32{float32(math.Sqrt(1.25)), 0}) {
		t.Errorf("%v", got)
	}
	flat := Full(2, 3).RequireGrad()
	flat.Std(0, 1).Backward()
	if !equalData(flat.grad, []float32{0, 0, 0}) {
		t.Errorf("the gradient of a deviation of 0 is %v, want 0", flat.grad)
	}
}

func TestMoreShapeErrors(t *testing.T) {
	h := Heads{Heads: 2, KVHeads: 1, Dim: 4}
	for want, f := range map[string]func(){
		"tensor.Attention: a prefix (2,3): it must be (P,4) or (1,P,4)": func() {
			AttentionWith(New(2, 16), h, 1, 2, AttentionOptions{PrefixKeys: New(2, 3), PrefixValues: New(2, 4)})
		},
		"tensor.Attention: PrefixKeys and PrefixValues belong together; one is nil":       func() { AttentionWith(New(2, 16), h, 1, 2, AttentionOptions{PrefixKeys: New(2, 4)}) },
		"tensor.Attention: the window 2 must not be negative, and needs causal attention": func() { AttentionWith(New(2, 16), h, 1, 2, AttentionOptions{Window: 2, Bidirectional: true}) },
		"tensor.Attention: 3 segments for 1 x 2 positions":                                func() { AttentionWith(New(2, 16), h, 1, 2, AttentionOptions{Segments: []int32{0, 0, 0}}) },
		"tensor.Attention: 2 heads of 4 cannot share 3 key heads":                         func() { AttentionWith(New(2, 32), Heads{2, 3, 4}, 1, 2, AttentionOptions{}) },
		"tensor.Dropout: the probability is 1, it must be from 0 to below 1":              func() { New(2).Dropout(1, NewRand(1)) },
		"tensor.SumGroups: id 3 at place 1: there are 2 groups":                           func() { New(2).SumGroups([]int32{0, 3}, 2) },
		"tensor.Var: axis 0 of (1) is too short for a correction of 1":                    func() { New(1).Var(0, 1) },
		"tensor.QKNorm: the weight (3) does not fit heads of 4":                           func() { QKNorm(New(2, 16), New(3), New(4), h, 1e-5) },
		"tensor.LayerNorm: the weight (3) does not fit (2,4)":                             func() { LayerNorm(New(2, 4), New(4), New(3), 1e-5) },
		"tensor.GatherRows: id 2 at place 0 is outside the first axis of (2,4)":           func() { New(2, 4).GatherRows([]int32{2}) },
		"tensor.Where: 1 conditions, (2) and (2) do not fit":                              func() { Where([]bool{true}, New(2), New(2)) },
		fmt.Sprintf("tensor.%s: the last axis of (2,3) cannot be halved", "GEGLU"):        func() { GEGLU(New(2, 3)) },
	} {
		if got := panicText(f); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
