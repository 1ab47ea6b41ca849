package nn

import (
	"fmt"
	"math"

	"lyceum/lib/internal/compute"
	"lyceum/lib/internal/torchrand"
	"lyceum/lib/tensor"
)

// A Table is the embedding or the output layer, (V, D), as adapters see it. Its name is that of the module in Hugging Face's
// model: "model.embed_tokens", "lm_head".
type Table struct {
	Name   string
	Ref    **tensor.Tensor
	Output bool // the output layer
}

// A TablePart is LoRA on a table. At the output layer, with W (V, D), A (r, D) and B (V, r), it is what it is everywhere. Of
// the embedding, PEFT's lora_embedding_A is (r, V) and lora_embedding_B (D, r): token t gets
//
//	y = W[t] + s A[:,t] B^T,  with DoRA  y = m / ||W + s A^T B^T|| (W[t] + s A[:,t] B^T)
//
// where the norm is that of a column and m (D) has one number for each. It begins with B normal and A zero. Where the two tables
// are one in the model, only that one changes which the adapter names; dropout acts at the output layer alone.
type TablePart struct {
	*loraPart
	Table
	dropout float64
	mode    *Mode
}

// tables are the tables that targets name. "all-linear" means none of them.
func (t Targets) tables(h *Host, saved []string) ([]Table, error) {
	match, err := t.matcher()
	if err != nil || t.everyLinear() {
		return nil, err
	}
	var out []Table
	for _, x := range h.Tables {
		if match(x.Name, -1) && !within(x.Name, saved) {
			out = append(out, x)
		}
	}
	return out, nil
}

// addTables makes the parts for the tables; output tells which of the two is made. PEFT draws the embedding's numbers before
// those of the blocks and the output layer's after them.
func (c LoRA) addTables(a *Adapter, tables []Table, output bool, h *Host, rng *torchrand.Generator) error {
	for _, t := range tables {
		if t.Output != output {
			continue
		}
		if t.Output && c.DoRA && c.Dropout > 0 {
			return fmt.Errorf("nn.LoRA: DoRA with Dropout on the output layer %s is not known: leave one of the two out", t.Name)
		}
		p, err := c.table(t, rng)
		if err != nil {
			return err
		}
		p.dropout, p.mode = c.Dropout, h.Mode
		a.Tables = append(a.Tables, p)
		name := prefix + t.Name + "."
		if t.Output {
			a.Params = append(a.Params, Param{Name: name + "lora_A.weight", Value: p.a}, Param{Name: name + "lora_B.weight", Value: p.b})
		} else {
			a.Params = append(a.Params, Param{Name: name + "lora_embedding_A", Value: p.a}, Param{Name: name + "lora_embedding_B", Value: p.b})
		}
		if p.magnitude != nil {
			a.Params = append(a.Params, Param{Name: name + "lora_magnitude_vector", Value: p.magnitude})
		}
	}
	return nil
}

func (c LoRA) table(t Table, rng *torchrand.Generator) (*TablePart, error) {
	vocab, dim := (*t.Ref).Dim(0), (*t.Ref).Dim(1)
	if t.Output {
		p, err := c.part(Site{Name: t.Name, Linear: &Linear{Weight: *t.Ref}, High: vocab}, rng)
		return &TablePart{loraPart: p, Table: t}, err
	}
	p, err := c.scaled(t.Name, vocab, dim, dim)
	if err != nil {
		return nil, err
	}
	rng.Randn(p.a.Data())
	rng.Randn(p.b.Data())
	if c.Init != "random" {
		clear(p.a.Data())
		rng.Randn(p.b.Data())
	}
	part := &TablePart{loraPart: p, Table: t}
	if c.DoRA {
		p.magnitude = tensor.From(part.columnNorms(), dim).RequireGrad()
	}
	return part, nil
}

// Merged returns the table w with the adapter in it.
func (p *TablePart) Merged(w *tensor.Tensor) *tensor.Tensor {
	out := duplicate(w)
	if p.Output {
		p.merge(out.Data(), nil)
		return out
	}
	dim, vocab, r := p.b.Dim(0), p.a.Dim(1), p.a.Dim(0)
	compute.Gemm(true, true, vocab, dim, r, p.scale, p.a.Data(), vocab, p.b.Data(), r, 1, out.Data(), dim)
	if p.magnitude != nil {
		f, norms := p.magnitude.Data(), columnNorms(out)
		for i := range vocab {
			for j, n := range norms {
				out.Data()[i*dim+j] *= f[j] / n
			}
		}
	}
	return out
}

// columnNorms are the lengths of the columns of W + s A^T B^T.
func (p *TablePart) columnNorms() []float32 {
	plain := &TablePart{loraPart: &loraPart{rows: p.rows, scale: p.scale, a: p.a, b: p.b}, Table: p.Table}
	return columnNorms(plain.Merged(*p.Ref))
}

func columnNorms(w *tensor.Tensor) []float32 {
	sums := make([]float64, w.Dim(1))
	for i := range w.Dim(0) {
		for j, x := range w.Data()[i*len(sums):][:len(sums)] {
			sums[j] += float64(x) * float64(x)
		}
	}
	out := make([]float32, len(sums))
	for j, s := range sums {
		out[j] = float32(math.Sqrt(s))
	}
	return out
}

// Embed turns the embeddings x (N, D) of tokens into those with the adapter, in place. The column of A that belongs to the
// token padding gets no gradient, as the row of the table (-1: there is none).
func (p *TablePart) Embed(x *tensor.Tensor, ids []int32, padding int32) *tensor.Tensor {
	n, dim, r, vocab := len(ids), p.b.Dim(0), p.a.Dim(0), p.a.Dim(1)
	h := tensor.Buffer(n * r)
	for i, id := range ids {
		for k := range r {
			h[i*r+k] = p.a.Data()[k*vocab+int(id)]
		}
	}
	compute.Gemm(false, true, n, dim, r, p.scale, h, r, p.b.Data(), r, 1, x.Data(), dim)
	y := x.Over("LoRA", []*tensor.Tensor{p.a, p.b}, func(g []float32) {
		if p.b.Wants() {
			compute.Gemm(true, false, dim, r, n, p.scale, g, dim, h, r, 1, p.b.GradBuffer(), r)
		}
		if !p.a.Wants() {
			return
		}
		dh, da := tensor.Buffer(n*r), p.a.GradBuffer()
		defer tensor.Release(dh)
		compute.Gemm(false, false, n, r, dim, p.scale, g, dim, p.b.Data(), r, 0, dh, r)
		for i, id := range ids {
			for k := 0; k < r && id != padding; k++ {
				da[k*vocab+int(id)] += dh[i*r+k]
			}
		}
	})
	if p.magnitude == nil {
		return y
	}
	return scaleColumns(y, p.magnitude, p.norms(), nil, 0, n, dim)
}

// norms are those that DoRA divides by, computed when the matrices have changed.
func (p *TablePart) norms() []float32 {
	if !p.Output {
		return p.normed.of(p.loraPart, func(*Linear) []float32 { return p.columnNorms() })(&Linear{Weight: *p.Ref})
	}
	return p.normed.of(p.loraPart, p.loraPart.norms)(&Linear{Weight: *p.Ref})
}

// EmbedRow is Embed of one token, without a tape.
func (p *TablePart) EmbedRow(row []float32, id int) {
	r, vocab := p.a.Dim(0), p.a.Dim(1)
	for k := range r {
		f := p.scale * p.a.Data()[k*vocab+id]
		for j := range row {
			row[j] += f * p.b.Data()[j*r+k]
		}
	}
	p.rescale(row)
}

// Score adds to the scores out (n, V) of hidden states x (n, D) what the adapter makes of them, without a tape.
func (p *TablePart) Score(out, x []float32, n int) {
	vocab, dim, r := p.b.Dim(0), p.a.Dim(1), p.a.Dim(0)
	h := make([]float32, n*r)
	compute.Gemm(false, true, n, r, dim, 1, x, dim, p.a.Data(), dim, 0, h, r)
	compute.Gemm(false, true, n, vocab, r, p.scale, h, r, p.b.Data(), r, 1, out, vocab)
	if p.magnitude != nil {
		for i := range n {
			p.rescale(out[i*vocab : (i+1)*vocab])
		}
	}
}

func (p *TablePart) rescale(row []float32) {
	if p.magnitude == nil {
		return
	}
	norms := p.norms()
	for j, m := range p.magnitude.Data() {
		row[j] *= m / norms[j]
	}
}

// Widen makes hidden states x (N, D) and the output layer w (V, D) r columns wider, so that their product has the adapter in
// it and whatever computes scores in pieces need not know of adapters:
//
//	x' = (x, s dropout(x) A^T),  w' = (f W, f B),  f = m / ||W + s B A|| with DoRA, else 1
func (p *TablePart) Widen(x, w *tensor.Tensor) (*tensor.Tensor, *tensor.Tensor) {
	low := tensor.Linear(Dropout(x, p.dropout, p.mode), p.a, nil).Scale(p.scale)
	if x.Dim(1) > p.a.Dim(1) { // another adapter has been here
		panic(&tensor.Error{Op: "LoRA", Text: "two adapters on the output layer: one can be on at a time"})
	}
	head := beside(w, p.b)
	if p.magnitude == nil {
		return beside(x, low), head
	}
	return beside(x, low), scaleRows(head, p.magnitude, p.norms())
}

// beside puts the columns of b after those of a. The memory is not that of a scope: the output layer may outlive it.
func beside(a, b *tensor.Tensor) *tensor.Tensor {
	n, ca, cb := a.Dim(0), a.Dim(1), b.Dim(1)
	out := tensor.New(n, ca+cb)
	compute.Parallel(n, 256, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := out.Data()[i*(ca+cb):][:ca+cb]
			copy(row, a.Data()[i*ca:][:ca])
			copy(row[ca:], b.Data()[i*cb:][:cb])
		}
	})
	return tensor.Custom("Beside", out.Data(), out.Shape(), []*tensor.Tensor{a, b}, func(g []float32) {
		for _, part := range []struct {
			t       *tensor.Tensor
			from, n int
		}{{a, 0, ca}, {b, ca, cb}} {
			if !part.t.Wants() {
				continue
			}
			d := part.t.GradBuffer()
			compute.Parallel(n, 256, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					for j, x := range g[i*(ca+cb)+part.from:][:part.n] {
						d[i*part.n+j] += x
					}
				}
			})
		}
	})
}

// scaleRows multiplies row i of w by magnitude_i / norm_i, in place.
func scaleRows(w, magnitude *tensor.Tensor, norm []float32) *tensor.Tensor {
	n, cols := w.Dim(0), w.Dim(1)
	before := append([]float32(nil), w.Data()...)
	for i, m := range magnitude.Data() {
		for j := range cols {
			w.Data()[i*cols+j] *= m / norm[i]
		}
	}
	return tensor.Custom("DoRA", w.Data(), w.Shape(), []*tensor.Tensor{w, magnitude}, func(g []float32) {
		for i := range n {
			row, f := g[i*cols:(i+1)*cols], magnitude.Data()[i]/norm[i]
			if magnitude.Wants() {
				magnitude.GradBuffer()[i] += compute.Dot(row, before[i*cols:(i+1)*cols]) / norm[i]
			}
			if w.Wants() {
				compute.Axpy(f, row, w.GradBuffer()[i*cols:(i+1)*cols])
			}
		}
	})
}

// Carry gives the adapter its own copy of a table that is not trained: what its file says the table was.
func (a *Adapter) Carry(s Slot, data []float32) {
	a.Saved = append(a.Saved, Saved{s, tensor.From(data, (*s.Ref).Shape()...)})
}
