package tensor

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
)

// underived are the exported functions with a Tensor as result that have no derivative to check, and why.
var underived = map[string]string{
	"New": "makes a tensor", "From": "makes a tensor", "Full": "makes a tensor", "Rows": "makes a tensor", "Scalar": "makes a tensor",
	"Rand": "makes a tensor", "Randn": "makes a tensor", "Clone": "has no history", "Detach": "stops the gradient", "Freeze": "stops the gradient",
	"RequireGrad": "is its tensor", "Grad": "is a gradient", "EmbeddingFrozen": "wants no gradient", "Tensor": "is a frozen matrix",
}

// Every exported function that returns a tensor is in a function of a test that compares derivatives, or has none.
func TestEveryOperationHasItsDerivativeChecked(t *testing.T) {
	set := token.NewFileSet()
	checked, ops := map[string]bool{}, map[string]bool{}
	for _, tests := range []bool{true, false} {
		packages, err := parser.ParseDir(set, ".", func(f fs.FileInfo) bool { return strings.HasSuffix(f.Name(), "_test.go") == tests }, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range packages {
			for _, file := range p.Files {
				for _, d := range file.Decls {
					f, ok := d.(*ast.FuncDecl)
					if !ok || f.Body == nil {
						continue
					}
					if tests {
						names := named(f.Body)
						if names["gradCheck"] && f.Name.Name != "gradCheck" {
							for n := range names {
								checked[n] = true
							}
						}
					} else if f.Name.IsExported() && givesTensor(f) {
						ops[f.Name.Name] = true
					}
				}
			}
		}
	}
	if len(ops) < 60 {
		t.Errorf("only %d operations were found", len(ops))
	}
	for name := range ops {
		if !checked[name] && underived[name] == "" {
			t.Errorf("the derivative of %s is not checked by any test", name)
		}
	}
	for name := range underived {
		if !ops[name] {
			t.Errorf("%s is excused and does not exist", name)
		}
	}
}

// named are the names that stand in a piece of code.
func named(n ast.Node) map[string]bool {
	out := map[string]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			out[id.Name] = true
		}
		return true
	})
	return out
}

// givesTensor reports whether the first result is a *Tensor or *TokenScores.
func givesTensor(f *ast.FuncDecl) bool {
	if f.Type.Results == nil {
		return false
	}
	star, ok := f.Type.Results.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	id, ok := star.X.(*ast.Ident)
	return ok && (id.Name == "Tensor" || id.Name == "TokenScores")
}

func TestRemainingGradients(t *testing.T) {
	ids := []int32{2, 0, 2, 1}
	gradCheck(t, "EmbeddingExcept", func(in []*Tensor) *Tensor { return EmbeddingExcept(in[0], ids, -1) }, rnd(1, 3, 4))
	x := rnd(1, 3, 4).RequireGrad()
	EmbeddingExcept(x, ids, 2).Sum().Backward()
	if want := []float32{1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}; !equalData(x.grad, want) {
		t.Errorf("with padding 2 the gradient is %v", x.grad)
	}
	for _, kind := range FrozenKinds {
		w, err := Freeze(rnd(2, 5, 32), kind)
		if err != nil {
			t.Fatal(err)
		}
		gradCheck(t, "LinearFrozen "+kind, func(in []*Tensor) *Tensor { return LinearFrozen(in[0], w, in[1]) }, rnd(3, 2, 32), rnd(4, 5))
		gradCheck(t, "LogProbsFrozen "+kind, func(in []*Tensor) *Tensor {
			s := LogProbsFrozen(in[0].Scale(0.2), w, []int32{1, -1, 4}, LogProbsOptions{})
			return Concat(s.LogP, s.Entropy)
		}, rnd(5, 3, 32))
	}
	for name, o := range map[string]LogProbsOptions{"plain": {}, "temperature": {Temperature: 0.7}, "cap": {SoftCap: 2}, "twice": {Recompute: true}, "all": {Temperature: 1.5, SoftCap: 3, Recompute: true, SumP2: true}} {
		gradCheck(t, "LogProbs "+name, func(in []*Tensor) *Tensor {
			o := o
			o.Bias = in[2]
			s := LogProbs(in[0], in[1], []int32{0, -1, 4}, o)
			return Concat(s.LogP, s.Entropy)
		}, rnd(16, 3, 6), rnd(17, 5, 6), rnd(18, 5))
	}
	gradCheck(t, "Recompute", func(in []*Tensor) *Tensor {
		return Recompute(func(in []*Tensor) *Tensor { return in[0].Tanh().Mul(in[1]).Exp() }, in[0], in[1])
	}, rnd(1, 2, 3), rnd(2, 2, 3))
	gradCheck(t, "Transient", func(in []*Tensor) *Tensor { return Transient(in[0], func(x *Tensor) *Tensor { return x.Tanh() }) }, rnd(1, 2, 3))
	gradCheck(t, "SpreadOver", func(in []*Tensor) *Tensor { return SpreadOver(in[0], ids) }, rnd(1, 3, 4))
	gradCheck(t, "SpreadOver a product", func(in []*Tensor) *Tensor { return SpreadOver(Linear(in[0], in[1], nil), ids) }, rnd(1, 3, 4), rnd(2, 2, 4))
	gradCheck(t, "Custom", func(in []*Tensor) *Tensor {
		data := make([]float32, in[0].Len())
		for i, v := range in[0].Data() {
			data[i] = v * v
		}
		return Custom("square", data, in[0].Shape(), in, func(grad []float32) {
			g := in[0].GradBuffer()
			for i, v := range in[0].Data() {
				g[i] += 2 * v * grad[i]
			}
		})
	}, rnd(1, 2, 3))
	gradCheck(t, "Over", func(in []*Tensor) *Tensor { // x W^T + a^2 in the memory of the product, and twice that
		y := Linear(in[0], in[1], nil)
		for i, v := range in[2].Data() {
			y.Data()[i] += v * v
		}
		z := y.Over("added", in[2:], func(grad []float32) {
			g := in[2].GradBuffer()
			for i, v := range in[2].Data() {
				g[i] += 2 * v * grad[i]
			}
		})
		return in[3].PlusOver(z.Scale(2))
	}, rnd(1, 3, 4), rnd(2, 2, 4), rnd(3, 3, 2), rnd(4, 3, 2))
}

// An operand that is there twice, a view of it, and what was added in place leave every derivative right.
func TestGradientsOfSharedTensors(t *testing.T) {
	for name, f := range map[string]func(x *Tensor) *Tensor{
		"x x":                 func(x *Tensor) *Tensor { return x.Mul(x) },
		"x - x":               func(x *Tensor) *Tensor { return x.Sub(x.Scale(2)).Sub(x) },
		"x / x":               func(x *Tensor) *Tensor { y := x.Mul(x).AddScalar(1); return y.Div(y).Add(x.Div(y)) },
		"max(x, x)":           func(x *Tensor) *Tensor { return Maximum(x, x) },
		"x x^T":               func(x *Tensor) *Tensor { return MatMul(x, x.T()) },
		"Linear(x, x)":        func(x *Tensor) *Tensor { return Linear(x, x, nil) },
		"Concat":              func(x *Tensor) *Tensor { return Concat(x, x, x.Slice(1, 2)) },
		"Where":               func(x *Tensor) *Tensor { return Where(make([]bool, 9), x, x.Scale(3)) },
		"a view and itself":   func(x *Tensor) *Tensor { return x.Reshape(-1).Mul(x.Transpose(0, 1).Reshape(-1)) },
		"a slice and itself":  func(x *Tensor) *Tensor { return x.Slice(0, 2).Mul(x.Slice(1, 3)).Add(x.Index(0)) },
		"slices of a result":  func(x *Tensor) *Tensor { y := x.Tanh(); return y.Slice(0, 2).Mul(y.Slice(1, 3)) },
		"Plus after Exp":      func(x *Tensor) *Tensor { y := x.Exp(); return y.Plus(x) },
		"Plus after Tanh":     func(x *Tensor) *Tensor { y := x.Tanh(); return y.Plus(y.Sigmoid()) },
		"Plus, and before it": func(x *Tensor) *Tensor { y := x.Scale(2); z := y.Mul(y); return y.Plus(x).Mul(z) },
		"Plus after a view": func(x *Tensor) *Tensor {
			y := x.Tanh()
			v := y.Reshape(-1)
			z := v.Mul(v)
			return y.Plus(x).Reshape(-1).Mul(z)
		},
		"Plus, then a view": func(x *Tensor) *Tensor { y := x.Scale(2); z := y.Plus(x); return z.Reshape(-1).Mul(z.Reshape(-1)) },
		"PlusOver a result": func(x *Tensor) *Tensor { y := x.Tanh(); return x.Scale(2).PlusOver(y) },
		"PlusOver, twice":   func(x *Tensor) *Tensor { y := Linear(x, x, nil); z := x.PlusOver(y); return z.Mul(z) },
		"Softmax of a softmax": func(x *Tensor) *Tensor {
			y := x.Softmax()
			return y.Mul(y.Scale(3).Softmax())
		},
	} {
		gradCheck(t, name, func(in []*Tensor) *Tensor { return f(in[0]) }, rnd(3, 3, 3))
		Scope(func() { gradCheck(t, name+" in a scope", func(in []*Tensor) *Tensor { return f(in[0]) }, rnd(3, 3, 3)) })
	}
	FreeScopes()
}

// Operations on two tensors, of any shapes that fit, sizes of 0 and 1 among them.
func TestGradientsOfBroadcastShapes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 150 {
		var whole []int
		for range r.IntN(4) {
			whole = append(whole, []int{0, 1, 2, 3}[r.IntN(4)])
		}
		part := func() (s []int) {
			for _, n := range whole[r.IntN(len(whole)+1):] {
				if r.IntN(3) == 0 {
					n = 1
				}
				s = append(s, n)
			}
			return append([]int{}, s...)
		}
		a, b := part(), part()
		for name, f := range map[string]func(a, b *Tensor) *Tensor{"Add": Add, "Sub": Sub, "Mul": Mul, "Div": func(a, b *Tensor) *Tensor { return Div(a, b.Mul(b).AddScalar(1)) }} {
			gradCheck(t, fmt.Sprintf("%s %v %v", name, a, b), func(in []*Tensor) *Tensor { return f(in[0], in[1]) }, rnd(r.Uint64(), a...), rnd(r.Uint64(), b...))
		}
	}
}

// Nothing of size 0 breaks: each operation gives an empty result with a gradient, or says what is wrong.
func TestOperationsOnNothing(t *testing.T) {
	h := Heads{Heads: 2, KVHeads: 1, Dim: 4}
	for name, f := range map[string]func(x *Tensor) *Tensor{
		"Exp": (*Tensor).Exp, "Softmax": (*Tensor).Softmax, "LogSoftmax": (*Tensor).LogSoftmax, "Sum": (*Tensor).Sum, "Mean": (*Tensor).Mean, "SumAxis": func(x *Tensor) *Tensor { return x.SumAxis(0) },
		"MeanAxis": func(x *Tensor) *Tensor { return x.MeanAxis(0) }, "Max": (*Tensor).Max, "Min": (*Tensor).Min, "Var": func(x *Tensor) *Tensor { return x.Var(0, 0) },
		"Linear": func(x *Tensor) *Tensor { return Linear(x, rnd(1, 3, 16).RequireGrad(), rnd(2, 3).RequireGrad()) }, "MatMul": func(x *Tensor) *Tensor { return MatMul(x, rnd(1, 16, 3).RequireGrad()) },
		"MatMul of nothing": func(x *Tensor) *Tensor { return MatMul(x.T(), x) }, "RMSNorm": func(x *Tensor) *Tensor { return RMSNorm(x, Full(1, 16).RequireGrad(), 1e-5) },
		"LayerNorm": func(x *Tensor) *Tensor { return LayerNorm(x, Full(1, 16).RequireGrad(), nil, 1e-5) }, "SwiGLU": SwiGLU, "GEGLU": GEGLU, "GELU": (*Tensor).GELU,
		"Attention": func(x *Tensor) *Tensor { return Attention(x, h, 0, 0, nil) }, "Attention of no rows": func(x *Tensor) *Tensor { return Attention(x, h, 3, 0, nil) },
		"Concat": func(x *Tensor) *Tensor { return Concat(x, x) }, "Concat with some": func(x *Tensor) *Tensor { return Concat(x, rnd(1, 2, 16).RequireGrad()) },
		"Slice": func(x *Tensor) *Tensor { return x.Slice(0, 0) }, "Embedding": func(x *Tensor) *Tensor { return Embedding(x, nil) }, "Gather": func(x *Tensor) *Tensor { return x.Gather(nil) },
		"GatherRows": func(x *Tensor) *Tensor { return x.GatherRows(nil) }, "SumGroups": func(x *Tensor) *Tensor { return x.SumAxis(1).SumGroups(nil, 2) }, "Transpose": func(x *Tensor) *Tensor { return x.T() },
		"LogProbs": func(x *Tensor) *Tensor { return LogProbs(x, rnd(1, 5, 16).RequireGrad(), nil, LogProbsOptions{}).LogP },
		"NLL":      func(x *Tensor) *Tensor { return NLL(x, rnd(1, 5, 16).RequireGrad(), nil) },
		"Where":    func(x *Tensor) *Tensor { return Where(nil, x, x) }, "Dropout": func(x *Tensor) *Tensor { return x.Dropout(0.5, NewRand(1)) },
		"QKNorm": func(x *Tensor) *Tensor { return QKNorm(x, Full(1, 4), Full(1, 4), h, 1e-5) },
		"Rotary": func(x *Tensor) *Tensor {
			cos, sin := RotaryTable(3, 4, 10000)
			return Rotary(x.Scale(1), h, cos, sin, nil, 3)
		},
	} {
		func() {
			defer func() {
				if v := recover(); v != nil {
					if _, ok := v.(*Error); !ok {
						t.Errorf("%s of (0,16): %v", name, v)
					}
				}
			}()
			x := New(0, 16).RequireGrad()
			if y := f(x).Sum(); y.Wants() {
				y.Backward()
			}
		}()
	}
}
