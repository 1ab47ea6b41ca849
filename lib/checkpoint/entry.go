package checkpoint

import (
	"fmt"
	"math"
	"runtime"
	"sync/atomic"

	"lyceum/lib/internal/compute"
)

// An Entry is one tensor of a file. Its bytes stay in the file until Read.
type Entry struct {
	DType string // F32, F16, BF16, F64, I8, I16, I32, I64, U8, BOOL of safetensors; Q8_0, Q4_K, ... of GGUF
	Shape []int  // the outermost axis first, as PyTorch has it

	raw  []byte
	keep *mapping
	kind *kind
	form form
}

// mapping is memory that is given back when nothing points here any more.
type mapping struct{ _ int }

// form is how a tensor lies differently in its file than in a Hugging Face checkpoint.
type form struct {
	pairs int     // > 0: the rows of so many heads, the two rows that rotate together side by side
	add   float32 // added to every element
	turn  bool    // the file has the transpose
}

// Len is the number of elements.
func (e Entry) Len() int { return len(e.raw) / e.kind.bytes * e.kind.block }

// Bytes is the size of the tensor in its file.
func (e Entry) Bytes() int { return len(e.raw) }

// Quantised reports whether elements share scales in blocks.
func (e Entry) Quantised() bool { return e.kind.block > 1 }

// Read writes the elements into dst, which has Len elements, as float32: each is exactly what the format says, rounded to
// nearest where the format has more digits. It uses all processors.
func (e Entry) Read(dst []float32) { e.read(dst, nil) }

// readFinite is Read, and tells whether all squares of the elements are finite, so that none is NaN or infinite. The sums are
// made while the elements are still in the processor's cache: reading a model twice would cost half as much again.
func (e Entry) readFinite(dst []float32) bool {
	var odd atomic.Bool
	e.read(dst, func(part []float32) {
		for len(part) > 0 {
			n := min(len(part), finiteRun)
			if s := compute.SumSquares(part[:n]); math.IsNaN(s) || math.IsInf(s, 0) {
				odd.Store(true)
			}
			part = part[n:]
		}
	})
	return !odd.Load()
}

// finiteRun is how many squares are added up by one processor.
const finiteRun = 1 << 14

// read reads the elements and shows each run of them to seen, from several goroutines.
func (e Entry) read(dst []float32, seen func([]float32)) {
	k := e.kind
	if len(dst) != e.Len() {
		panic(fmt.Sprintf("checkpoint: Entry.Read: %d elements into room for %d", e.Len(), len(dst)))
	}
	huge(dst)
	switch {
	case e.form.turn:
		rows, cols := e.Shape[0], e.Shape[1]
		lying := make([]float32, len(dst))
		e.blocks(lying, seen)
		compute.Transpose(dst, lying, cols, rows)
	case e.form.pairs > 0:
		rows := e.Shape[0]
		cols := len(dst) / rows
		size := cols / k.block * k.bytes
		compute.Parallel(rows, max(1, (1<<15)/cols), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				from := e.form.row(rows, i)
				k.read(dst[i*cols:(i+1)*cols], e.raw[from*size:(from+1)*size])
			}
			if seen != nil {
				seen(dst[lo*cols : hi*cols])
			}
		})
	default:
		e.blocks(dst, seen)
	}
	if e.form.add != 0 {
		for i := range dst {
			dst[i] += e.form.add
		}
	}
	if e.keep != nil {
		release(e.raw)
	}
	runtime.KeepAlive(e.keep)
}

// blocks reads the elements as they lie.
func (e Entry) blocks(dst []float32, seen func([]float32)) {
	k := e.kind
	compute.Parallel(len(e.raw)/k.bytes, max(1, (1<<15)/k.block), func(lo, hi int) {
		part := dst[lo*k.block : hi*k.block]
		k.read(part, e.raw[lo*k.bytes:hi*k.bytes])
		if seen != nil {
			seen(part)
		}
	})
}

// row returns where row i of a Hugging Face checkpoint lies in the file. There a head's rows are its first halves and then
// its second halves; llama.cpp, which rotates neighbours, puts each first beside its second.
func (f form) row(rows, i int) int {
	if f.pairs == 0 {
		return i
	}
	size := rows / f.pairs
	head, at := i/size, i%size
	return head*size + at%(size/2)*2 + at/(size/2)
}
