package checkpoint

import (
	"fmt"
	"runtime"
	"unsafe"

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
func (e Entry) Read(dst []float32) {
	if len(dst) != e.Len() {
		panic(fmt.Sprintf("checkpoint: Entry.Read: %d elements into room for %d", e.Len(), len(dst)))
	}
	huge(dst)
	cuts := e.cuts(dst)
	compute.Parallel(len(cuts)-1, 1, func(i, _ int) { e.part(dst, cuts[i], cuts[i+1], nil) })
}

// large is a large page of memory. One processor fills it: two that touch a new one at the same time both wipe it first,
// which for a model is as much work as copying it.
const large = 2 << 20

// cuts divides the elements into parts that processors can read on their own, at the borders of large pages of dst or near.
func (e Entry) cuts(dst []float32) []int {
	n, unit := len(dst), e.unit()
	list := []int{0}
	if n == 0 {
		return list
	}
	for at := (large - int(uintptr(unsafe.Pointer(&dst[0]))%large)) / 4; at < n; at += large / 4 {
		if cut := at / unit * unit; cut > list[len(list)-1] {
			list = append(list, cut)
		}
	}
	return append(list, n)
}

// unit is how many elements can be read without the others: a block, a row whose place has to be found, all of a transpose.
func (e Entry) unit() int {
	switch {
	case e.form.turn:
		return max(1, e.Len())
	case e.form.pairs > 0:
		return max(1, e.Len()/e.Shape[0])
	}
	return e.kind.block
}

// run is about how many elements are read before seen looks at them: they are still in the processor's own cache then.
const run = 1 << 14

// part reads the elements from lo to hi, a whole number of units, and shows each run of them to seen. It lets go of
// about those pages of the file; rows that lie elsewhere stay until another part lets go of them.
func (e Entry) part(dst []float32, lo, hi int, seen func([]float32)) {
	if e.form.turn {
		rows, cols := e.Shape[0], e.Shape[1]
		lying := make([]float32, len(dst))
		e.kind.read(lying, e.raw)
		compute.Transpose(dst, lying, cols, rows)
	}
	k, unit := e.kind, e.unit()
	read := e.raw[lo/k.block*k.bytes : hi/k.block*k.bytes]
	for step := max(unit, run/unit*unit); lo < hi; lo += step {
		to := min(lo+step, hi)
		switch {
		case e.form.turn:
		case e.form.pairs > 0:
			rows := e.Shape[0]
			for i := lo / unit; i < to/unit; i++ {
				e.plain(dst[i*unit:(i+1)*unit], e.form.row(rows, i)*unit)
			}
		default:
			e.plain(dst[lo:to], lo)
		}
		if e.form.add != 0 {
			for i := range dst[lo:to] {
				dst[lo+i] += e.form.add
			}
		}
		if seen != nil {
			seen(dst[lo:to])
		}
	}
	if e.keep != nil {
		release(read)
	}
	runtime.KeepAlive(e.keep)
}

// plain reads elements as they lie, from a border of blocks on.
func (e Entry) plain(dst []float32, from int) {
	k := e.kind
	k.read(dst, e.raw[from/k.block*k.bytes:][:len(dst)/k.block*k.bytes])
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
