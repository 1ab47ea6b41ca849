package compute

import (
	"math"
	"unsafe"
)

// quantised is a matrix in integers of 8 or 4 bits, packed for instructions that multiply bytes: panels of 16 rows, in a
// panel groups of 32 elements of each row, in a group vectors of 64 bytes with the next elements of each of the 16 rows
// (four, or eight of 4 bits: in the lower halves of the bytes the first four). Stored values are larger by an offset, so
// that none is negative.
type quantised struct {
	rows, cols, bits int
	groups           int
	data             []uint8
	scales           []float32 // [panel][group][16]
}

const (
	quantPanel  = 16
	quantRecord = int8Group + 8 // bytes of a group of x: 32 elements, -offset times their sum, their scale
)

// quantTileFunc computes y = x W^T for its number of rows of x, which are records ldx bytes apart, and cols <= 16 rows of W.
type quantTileFunc func(groups int, x *byte, ldx int, w *uint8, scales *float32, y *float32, ldy, cols int)

func newQuantised(op string, w []float32, rows, cols, bits int) *quantised {
	notNegative(op, "rows", rows)
	notNegative(op, "cols", cols)
	need(op, "w", len(w), rows*cols)
	groups := (cols + int8Group - 1) / int8Group
	panels := (rows + quantPanel - 1) / quantPanel
	q := &quantised{rows: rows, cols: cols, bits: bits, groups: groups,
		data: alignedBytes(panels * groups * 64 * bits), scales: Aligned(panels * groups * quantPanel)}
	Parallel(panels, 4, func(lo, hi int) {
		for i := lo * quantPanel; i < min(hi*quantPanel, rows); i++ {
			for g := range groups {
				q.quantiseGroup(op, w[i*cols+g*int8Group:i*cols+min((g+1)*int8Group, cols)], i, g)
			}
		}
	})
	return q
}

func alignedBytes(n int) []uint8 {
	return unsafe.Slice((*uint8)(unsafe.Pointer(unsafe.SliceData(Aligned((n+3)/4)))), n)
}

// quantiseGroup stores one group. With 8 bits the largest value becomes 127; with 4 bits the one of largest magnitude
// becomes -8 (the scale takes its sign), and the opposite end is cut at 7.
func (q *quantised) quantiseGroup(op string, group []float32, i, g int) {
	top := 0.0
	for _, v := range group {
		if f := float64(v); math.Abs(f) > math.Abs(top) || f != f {
			top = f
		}
	}
	if math.IsNaN(top) || math.IsInf(top, 0) {
		fail(op, "row %d holds NaN or Inf", i)
	}
	scale, low, high := math.Abs(top)/127, -127.0, 127.0
	if q.bits == 4 {
		scale, low, high = top/-8, -8, 7
	}
	q.scales[(i/quantPanel*q.groups+g)*quantPanel+i%quantPanel] = float32(scale)
	for j, v := range group {
		n := 0.0
		if scale != 0 {
			n = min(max(math.RoundToEven(float64(v)/scale), low), high)
		}
		at, shift := q.place(i, g, j)
		q.data[at] |= uint8(int(n)+q.offset()) << shift
	}
}

// offset is what is added to values so that they are not negative.
func (q *quantised) offset() int { return 1 << (q.bits - 1) }

// place returns the byte and the shift in it of element j of group g of row i.
func (q *quantised) place(i, g, j int) (at, shift int) {
	at = (i/quantPanel*q.groups+g)*64*q.bits + i%quantPanel*4 + j%4
	if q.bits == 4 {
		return at + j/8*64, j / 4 % 2 * 4
	}
	return at + j/4*64, 0
}

func (q *quantised) bytes() int { return len(q.data) + 4*len(q.scales) }

// row widens row i; op is who asks.
func (q *quantised) row(op string, dst []float32, i int) {
	if i < 0 || i >= q.rows {
		fail(op, "row %d of %d", i, q.rows)
	}
	same(op, "dst", len(dst), q.cols)
	q.widen(dst, i)
}

func (q *quantised) widen(dst []float32, i int) {
	mask := uint8(1<<q.bits - 1)
	panel := i / quantPanel * q.groups
	for j := range dst {
		g := j / int8Group
		at, shift := q.place(i, g, j%int8Group)
		dst[j] = float32(int(q.data[at]>>shift&mask)-q.offset()) * q.scales[(panel+g)*quantPanel+i%quantPanel]
	}
}

// mulT computes y = x W^T; op is who asks.
func (q *quantised) mulT(op string, y []float32, ldy int, x []float32, ldx, m int) {
	if !checkMulT(op, y, ldy, x, ldx, m, q.rows, q.cols) {
		return
	}
	if active.quantTiles == nil {
		manyRows(y, ldy, x, ldx, m, q.rows, q.cols, q.widen)
		return
	}
	ld := q.groups * quantRecord
	buffer := getScratch(m*ld/4 + 1)
	defer putScratch(buffer)
	records := unsafe.Slice((*byte)(unsafe.Pointer(&buffer[0])), m*ld)
	Parallel(m, rowGrain(q.cols), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			q.records(records[i*ld:][:ld], x[i*ldx:][:q.cols])
		}
	})
	table := active.quantTiles[q.bits]
	panels := (q.rows + quantPanel - 1) / quantPanel
	ParallelStop(panels, max(1, min(dotsSpan/(q.groups*8*q.bits*quantPanel/4*max(1, m/8)), panels/fewParts)), func(lo, hi int) {
		for p := lo; p < hi; p++ {
			at := p * q.groups
			for i := 0; i < m; {
				n := rowsOfTile(m, i, len(table)-1)
				table[n](q.groups, &records[i*ld], ld, &q.data[at*64*q.bits], &q.scales[at*quantPanel],
					&y[i*ldy+p*quantPanel], ldy, min(quantPanel, q.rows-p*quantPanel))
				i += n
			}
		}
	})
}

// records quantises a row of x, group by group.
func (q *quantised) records(dst []byte, x []float32) {
	whole := len(x) / int8Group
	factor := int32(-q.offset())
	if whole > 0 {
		active.quantise(&dst[0], &x[0], whole, factor)
	}
	if whole < q.groups {
		var last [int8Group]float32
		copy(last[:], x[whole*int8Group:])
		active.quantise(&dst[whole*quantRecord], &last[0], 1, factor)
	}
}
