package sampling

import (
	"math"

	"lyceum/lib/internal/compute"
)

// blocks finds the largest of many numbers without sorting them: the maxima of short runs say which runs to look into.
type blocks struct {
	tops, spare []float32
}

const blockLength = 64

func (b *blocks) fill(x []float32) {
	b.tops = b.tops[:0]
	for at := 0; at < len(x); at += blockLength {
		b.tops = append(b.tops, compute.Max(x[at:min(at+blockLength, len(x))]))
	}
}

// argmax returns the first index of the largest element.
func (b *blocks) argmax(x []float32) int32 {
	b.fill(x)
	best := 0
	for i, v := range b.tops {
		if v > b.tops[best] {
			best = i
		}
	}
	at := best * blockLength
	for i := at; i < min(at+blockLength, len(x)); i++ {
		if x[i] == b.tops[best] {
			return int32(i)
		}
	}
	return int32(at)
}

// atLeast appends the elements that are at least least, in order, with their values.
func (b *blocks) atLeast(list []candidate, x []float32, least float32) []candidate {
	b.fill(x)
	return b.gather(list, x, least)
}

func (b *blocks) gather(list []candidate, x []float32, least float32) []candidate {
	for i, top := range b.tops {
		if !(top >= least) {
			continue
		}
		at := i * blockLength
		for j, v := range x[at:min(at+blockLength, len(x))] {
			if v >= least {
				list = append(list, candidate{int32(at + j), v})
			}
		}
	}
	return list
}

// largest appends the k largest elements, and those that equal the smallest of them, but none that is -Inf, in the order
// of their indices. k is positive.
func (b *blocks) largest(list []candidate, x []float32, k int) []candidate {
	b.fill(x)
	k = min(k, len(x))
	b.spare = append(b.spare[:0], x...)
	if k <= len(b.tops) {
		// The k-th largest maximum is no larger than the k-th largest element: only what reaches it is of interest.
		b.spare = append(b.spare[:0], b.tops...)
		bound := nthLargest(b.spare, k)
		b.spare = b.spare[:0]
		for _, c := range b.gather(list[len(list):], x, bound) {
			b.spare = append(b.spare, c.p)
		}
	}
	least := nthLargest(b.spare, k)
	return b.gather(list, x, max(least, -math.MaxFloat32))
}

// nthLargest returns the n-th largest element, 1 <= n <= len(x), and changes the order of x (Hoare's selection).
func nthLargest(x []float32, n int) float32 {
	lo, hi := 0, len(x)
	for {
		if hi-lo <= 1 {
			return x[lo]
		}
		pivot := middle(x[lo], x[lo+(hi-lo)/2], x[hi-1])
		// Larger ones to the front, then equal ones.
		i, j, last := lo, lo, hi
		for j < last {
			switch v := x[j]; {
			case v > pivot:
				x[i], x[j] = v, x[i]
				i++
				j++
			case v < pivot:
				last--
				x[j], x[last] = x[last], v
			default:
				j++
			}
		}
		switch {
		case n-1 < i:
			hi = i
		case n-1 < j:
			return pivot
		default:
			lo = j
		}
	}
}

func middle(a, b, c float32) float32 { return max(min(a, b), min(max(a, b), c)) }

// weighted is a number by which things are ordered, and how much they weigh.
type weighted struct{ key, weight float64 }

// massEdge returns the smallest key such that the keys up to it weigh at least mass together, and what the smaller keys
// weigh. It changes the order of list, and takes time in proportion to its length.
func massEdge(list []weighted, mass float64) (edge, before float64) {
	edge = math.Inf(-1)
	for len(list) > 0 {
		pivot := middle64(list[0].key, list[len(list)/2].key, list[len(list)-1].key)
		i, j, last := 0, 0, len(list)
		less, equal := 0.0, 0.0
		for j < last {
			switch v := list[j]; {
			case v.key < pivot:
				list[i], list[j] = v, list[i]
				less += v.weight
				i++
				j++
			case v.key > pivot:
				last--
				list[j], list[last] = list[last], v
			default:
				equal += v.weight
				j++
			}
		}
		switch {
		case before+less >= mass && i > 0:
			list = list[:i]
		case before+less+equal >= mass || j == len(list):
			return pivot, before + less
		default:
			before += less + equal
			list = list[j:]
		}
	}
	return edge, before
}

func middle64(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }
