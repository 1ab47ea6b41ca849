package checkpoint

import (
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"

	"lyceum/lib/internal/compute"
	"lyceum/lib/nn"
	"lyceum/lib/transformer"
)

// bag is the tensors of files that nobody has taken yet.
type bag struct {
	all   map[string]Entry
	where map[string]string
	taken []taken
	from  string // what stands in an error about a tensor that is nowhere
}

func newBag(files []*File) (*bag, error) {
	b := &bag{all: map[string]Entry{}, where: map[string]string{}}
	for i, f := range files {
		if b.from = f.name; i > 0 {
			b.from = filepath.Dir(f.name)
		}
		for n, e := range f.Tensors {
			if b.where[n] != "" {
				return nil, fmt.Errorf("checkpoint: %s: tensor %s is in %s too", f.name, n, b.where[n])
			}
			b.all[n], b.where[n] = e, f.name
		}
	}
	return b, nil
}

// enough checks that the files can hold a model of the configuration, before memory is asked for: a damaged number in it
// must not ask for all there is.
func (b *bag) enough(c transformer.Config) error {
	have := 0.0
	for _, e := range b.all {
		have += float64(e.Len())
	}
	vocab, dim, layers, hidden, q := float64(c.Vocab), float64(c.Dim), float64(c.Layers), float64(c.Hidden), float64(c.Heads)*float64(c.HeadDim)
	if want := vocab*dim + layers*(2*dim*q+2*dim*hidden); want <= 2*have+1e6 { // what is nearly there is told tensor by tensor
		return nil
	}
	for name, e := range b.all {
		if (strings.HasSuffix(name, "embed_tokens.weight") || strings.HasSuffix(name, "wte.weight")) && fmt.Sprint(e.Shape) != fmt.Sprint([]int{c.Vocab, c.Dim}) {
			return fmt.Errorf("checkpoint: %s: tensor %s has the shape %v, the configuration wants %v", b.where[name], name, e.Shape, []int{c.Vocab, c.Dim})
		}
	}
	return fmt.Errorf("checkpoint: %s: the tensors have %.0f numbers, too few for %d blocks of width %d and %d with %d heads of %d, as the configuration says", b.from, have, c.Layers, c.Dim, c.Hidden, c.Heads, c.HeadDim)
}

// fill gives a parameter, or its parts, the tensors that read puts there.
func (b *bag) fill(p nn.Param) error {
	data, shape := p.Value.Data(), p.Value.Shape()
	if len(p.Parts) == 0 {
		return b.take(b.find(p.Name), shape, data, p.Transposed)
	}
	row, at := len(data)/max(shape[0], 1), 0
	for _, part := range p.Parts {
		n := part.Rows * row
		if err := b.take(part.Name, append([]int{part.Rows}, shape[1:]...), data[at:at+n], false); err != nil {
			return err
		}
		at += n
	}
	return nil
}

// find returns the name that a tensor has here: files of GPT-2 may leave out "transformer.".
func (b *bag) find(name string) string {
	if short, ok := strings.CutPrefix(name, "transformer."); ok && b.where[name] == "" && b.where[short] != "" {
		return short
	}
	return name
}

// take finds a tensor of a shape for dst; transposed if the file has the transpose of it.
func (b *bag) take(name string, shape []int, dst []float32, transposed bool) error {
	e, ok := b.all[name]
	if !ok {
		return fmt.Errorf("checkpoint: %s: tensor %s is missing", b.from, name)
	}
	if transposed {
		shape = []int{shape[1], shape[0]}
	}
	if fmt.Sprint(e.Shape) != fmt.Sprint(shape) {
		return fmt.Errorf("checkpoint: %s: tensor %s has the shape %v, the configuration wants %v", b.where[name], name, e.Shape, shape)
	}
	delete(b.all, name)
	b.taken = append(b.taken, taken{name, e, dst, transposed})
	return nil
}

// taken is a tensor that has its place.
type taken struct {
	name       string
	entry      Entry
	dst        []float32
	transposed bool
}

// read fills what was taken, all of it as one piece of work: if each tensor were shared out on its own, processors would
// wait for each other at the end of every one. Numbers that are not finite are an error, the first in the order of taking.
func (b *bag) read() error {
	type part struct{ tensor, lo, hi int }
	var parts []part
	odd := make([]atomic.Bool, len(b.taken))
	for i, t := range b.taken {
		huge(t.dst)
		cuts := []int{0, len(t.dst)}
		if !t.transposed {
			cuts = t.entry.cuts(t.dst)
		}
		for j, lo := range cuts[:len(cuts)-1] {
			parts = append(parts, part{i, lo, cuts[j+1]})
		}
	}
	compute.ParallelStop(len(parts), 1, func(i, _ int) {
		p := parts[i]
		t := b.taken[p.tensor]
		to := t.dst
		if t.transposed {
			to = make([]float32, len(t.dst))
		}
		t.entry.part(to, p.lo, p.hi, func(run []float32) {
			// The squares of NaN and of infinite numbers are not finite, nor is a sum with them; those of large numbers may not be either.
			if s := compute.SumSquares(run); math.IsNaN(s) || math.IsInf(s, 0) {
				odd[p.tensor].Store(true)
			}
		})
		if t.transposed {
			compute.Transpose(t.dst, to, t.entry.Shape[0], t.entry.Shape[1])
		}
	})
	for i, t := range b.taken {
		if odd[i].Load() {
			if err := b.finite(t.name, t.dst); err != nil {
				return err
			}
		}
	}
	b.taken = nil
	return nil
}

// finite is an error if a number is NaN or infinite.
func (b *bag) finite(name string, data []float32) error {
	for i, x := range data {
		if v := float64(x); math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("checkpoint: %s: tensor %s: element %d is %v: the file is damaged, or the run that wrote it had diverged", b.where[name], name, i, x)
		}
	}
	return nil
}

// ignored are tensors that older files have and that follow from the configuration: tables of angles, masks.
var ignored = regexp.MustCompile(`rotary_emb\.inv_freq$|(^|\.)h\.\d+\.attn\.(masked_)?bias$`)

// empty is an error if a tensor is left that no model of this configuration has.
func (b *bag) empty() error {
	for n := range b.all {
		if !ignored.MatchString(n) {
			return fmt.Errorf("checkpoint: %s: tensor %s is not part of a model of this configuration", b.where[n], n)
		}
	}
	return nil
}
