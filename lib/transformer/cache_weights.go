package transformer

import (
	"fmt"

	"lyceum/lib/internal/compute"
	"lyceum/lib/nn"
	"lyceum/lib/tensor"
)

// DecodeOptions say how a decoder holds the weights.
type DecodeOptions struct {
	// Weights is "float32" (or empty): the model's own memory, so that what training changes is seen at once; "bf16": a
	// copy rounded to bfloat16; "int8": a copy in 8-bit integers with a scale for every 32; "int4": the same in 4 bits,
	// except the embedding and the output layer, which stay at 8. Copies are as the model was
	// when they were made; Refresh makes them anew. Sums are in float32 in each case.
	Weights string
}

// A Decoder is a model as the generation of text wants it: weights that are only read, no gradients.
// It may be used by several caches. Adapters act as they are switched on in the model when a token is computed; the modules
// that an adapter saves whole are in a bf16 or int8 copy as they were at the last Refresh.
type Decoder struct {
	m         *LM
	options   DecodeOptions
	blocks    []heldBlock
	norm      *nn.Norm
	embed     matrix
	positions matrix // or nil
	head      matrix
}

// heldBlock is a Block whose matrices are held in some way.
type heldBlock struct {
	attnNorm, qNorm, kNorm, postAttn, mlpNorm, postMLP *nn.Norm
	qkv, out, gateUp, down                             heldLinear
}

// A heldLinear is y = x W^T + b, and the adapters of the layer.
type heldLinear struct {
	matrix
	bias  **tensor.Tensor // of a copy, its own; of a shared one, the model's, which may be set later
	layer *nn.Linear
}

// matrix is a weight matrix of any storage: MulT computes y = x W^T for m rows, Row widens row i.
type matrix interface {
	MulT(y []float32, ldy int, x []float32, ldx, m int)
	Row(dst []float32, i int)
}

// shared is a matrix in the model's own memory.
type shared struct{ weight **tensor.Tensor }

func (s shared) MulT(y []float32, ldy int, x []float32, ldx, m int) {
	w := *s.weight
	compute.Gemm(false, true, m, w.Dim(0), w.Dim(1), 1, x, ldx, w.Data(), w.Dim(1), 0, y, ldy)
}

func (s shared) Row(dst []float32, i int) {
	n := (*s.weight).Dim(1)
	copy(dst, (*s.weight).Data()[i*n:(i+1)*n])
}

// layer is the matrix of a linear layer as the model itself holds it.
type layer struct{ *nn.Linear }

func (l layer) MulT(y []float32, ldy int, x []float32, ldx, m int) {
	if l.Base != nil {
		l.Base.Weights().MulT(y, ldy, x, ldx, m)
		return
	}
	shared{&l.Weight}.MulT(y, ldy, x, ldx, m)
}

func (l layer) Row(dst []float32, i int) {
	if l.Base != nil {
		l.Base.Weights().Row(dst, i)
		return
	}
	shared{&l.Weight}.Row(dst, i)
}

// Decoder returns the model for generation with its weights held as the options say. The error is an unknown kind of
// weights, or values that the kind cannot hold.
func (m *LM) Decoder(o DecodeOptions) (*Decoder, error) {
	switch o.Weights {
	case "", "float32":
		return m.sharing(), nil
	case "bf16", "int8", "int4":
		d := &Decoder{m: m, options: o}
		return d, d.Refresh()
	}
	return nil, fmt.Errorf(`transformer.DecodeOptions: Weights is %q, it must be "float32", "bf16", "int8" or "int4"`, o.Weights)
}

// sharing returns a decoder over the model's own memory.
func (m *LM) sharing() *Decoder {
	d := &Decoder{m: m, options: DecodeOptions{Weights: "float32"}}
	d.hold(func(w **tensor.Tensor) matrix { return shared{w} }, func(l *nn.Linear) **tensor.Tensor { return &l.Bias },
		func(n *nn.Norm) *nn.Norm { return n })
	return d
}

// Refresh copies the model's weights again, after training has changed them; a float32 decoder sees changes by itself.
func (d *Decoder) Refresh() (err error) {
	if d.options.Weights == "float32" {
		return nil
	}
	defer func() {
		switch v := recover().(type) {
		case nil:
		case *compute.Error: // NaN or infinite weights in integers
			err = fmt.Errorf("transformer: the weights cannot be held as %s: %s", d.options.Weights, v.Problem)
		default:
			panic(v)
		}
	}()
	pack := func(w **tensor.Tensor) matrix {
		t := *w
		switch outer := w == &d.m.Embed || w == &d.m.Head; {
		case d.options.Weights == "bf16":
			return compute.NewBF16Matrix(t.Data(), t.Dim(0), t.Dim(1))
		case d.options.Weights == "int4" && !outer:
			return compute.NewInt4Matrix(t.Data(), t.Dim(0), t.Dim(1))
		}
		return compute.NewInt8Matrix(t.Data(), t.Dim(0), t.Dim(1))
	}
	d.hold(pack, func(l *nn.Linear) **tensor.Tensor {
		var own *tensor.Tensor
		if l.Bias != nil {
			own = copyOf(l.Bias)
		}
		return &own
	}, (*nn.Norm).Frozen)
	return nil
}

// hold takes every weight of the model through the given functions. It is the one place that knows where they are.
func (d *Decoder) hold(weight func(**tensor.Tensor) matrix, bias func(*nn.Linear) **tensor.Tensor, norm func(*nn.Norm) *nn.Norm) {
	linear := func(l *nn.Linear) heldLinear {
		if l.Base != nil || d.options.Weights == "float32" {
			return heldLinear{layer{l}, bias(l), l}
		}
		return heldLinear{weight(&l.Weight), bias(l), l}
	}
	some := func(n *nn.Norm) *nn.Norm {
		if n == nil {
			return nil
		}
		return norm(n)
	}
	blocks := make([]heldBlock, len(d.m.Blocks))
	for i, b := range d.m.Blocks {
		blocks[i] = heldBlock{attnNorm: norm(b.AttnNorm), qNorm: some(b.QNorm), kNorm: some(b.KNorm), postAttn: some(b.PostAttnNorm),
			mlpNorm: norm(b.MLPNorm), postMLP: some(b.PostMLPNorm),
			qkv: linear(b.QKV), out: linear(b.Out), gateUp: linear(b.GateUp), down: linear(b.Down)}
	}
	head := weight(&d.m.Head)
	embed := head
	if d.m.Embed != d.m.Head || d.options.Weights == "float32" { // shared ones may part when an adapter has its own
		embed = weight(&d.m.Embed)
	}
	if d.m.Positions != nil {
		d.positions = shared{&d.m.Positions}
	}
	d.blocks, d.norm, d.head, d.embed = blocks, norm(d.m.Norm), head, embed
}

// apply computes y = x W^T + b for n rows, and what adapters make of it.
func (l heldLinear) apply(y, x []float32, out, in, n int) {
	base := func(y, x []float32) {
		l.MulT(y, out, x, in, n)
		if b := *l.bias; b != nil {
			compute.AddRow(y, b.Data(), n, out)
		}
	}
	if !l.layer.Adapted() {
		base(y, x)
		return
	}
	l.layer.Apply(y[:n*out], x[:n*in], n, base)
}

// WeightBytes is how much memory one token has to read: every matrix but the embedding table, once. Divided by the time of
// a step it is the bandwidth that decoding reaches.
func (d *Decoder) WeightBytes() int {
	c := d.m.Config
	up := 2 * c.Hidden
	if c.Ungated {
		up = c.Hidden
	}
	block := c.Dim*d.m.heads().Width() + c.Heads*c.HeadDim*c.Dim + c.Dim*up + c.Hidden*c.Dim
	inner, outer := c.Layers*block, c.Vocab*c.Dim
	n := inner + outer
	switch d.options.Weights {
	case "bf16":
		return 2 * n
	case "int8":
		return n + n/32*4 // a float32 scale for every 32
	case "int4":
		return inner/2 + outer + n/32*4
	}
	return 4 * n
}

// width is how many numbers the keys of a token have.
func (d *Decoder) width() int { return d.m.Config.KVHeads * d.m.Config.HeadDim }

// Config is the shape of the model.
func (d *Decoder) Config() Config { return d.m.Config }
