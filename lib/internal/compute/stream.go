package compute

import "unsafe"

// An aheadFunc is a dotFunc for its number of rows of A and four rows of B that asks for other memory on the way: in each
// step along k for the cache lines at next and next+second, and next goes on by advance bytes.
type aheadFunc func(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int, alpha float32, add int, next uintptr, second, advance int)

const (
	cacheLine  = 64 // bytes
	aheadFloat = 16 // elements of a step
	aheadRows  = 8  // how many rows of B ahead it asks for memory
	aheadParts = 16 // ranges of rows of B wanted: within a range everything but its beginning was asked for
)

// streamGrain is how many rows of B a range has, a multiple of four.
func (g *gemmCall) streamGrain(t *tiles) int {
	grain := dotsSpan / g.k
	if t.ahead != nil && g.m >= len(t.lines) {
		grain = max(grain, min(4*grain, g.n/aheadParts))
	}
	return max(grain&^3, 4)
}

// streamRows computes C = alpha * A * B^T (+ C with add = 1) on the calling goroutine like dotRows, for a B that comes from
// memory: n x k, read in order, while A (m x k) stays in the cache.
func (t *tiles) streamRows(m, n, k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int, alpha float32, add int) {
	whole := n &^ 3
	switch {
	case m < len(t.lines):
		for j := 0; j < whole; j += 4 {
			t.lines[m](k, a, lda, offset(b, j*ldb), ldb, offset(c, j), ldc, alpha, add)
		}
	case t.ahead != nil:
		most := len(t.ahead) - 1
		passes := (m-1)/most + 1
		second, advance := 0, cacheLine
		if passes < 4 { // one line a step would not be enough for the next four rows
			second, advance = cacheLine, 2*cacheLine
		}
		for j := 0; j < whole; j += 4 {
			next := uintptr(unsafe.Pointer(b)) + uintptr(4*(j+aheadRows)*ldb) // a number: it may lie behind the end of B
			for i := 0; i < m; {
				rows := rowsOfTile(m, i, most)
				t.ahead[rows](k, offset(a, i*lda), lda, offset(b, j*ldb), ldb, offset(c, i*ldc+j), ldc, alpha, add, next, second, advance)
				next += uintptr(k / aheadFloat * advance)
				i += rows
			}
		}
	default:
		whole = 0
	}
	if whole < n {
		t.dotRows(m, n-whole, k, a, lda, offset(b, whole*ldb), ldb, offset(c, whole), ldc, alpha, add)
	}
}
