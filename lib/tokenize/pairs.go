package tokenize

import "math/bits"

// A merge is what becomes of two neighbouring tokens, and how early: the lower the rank, the earlier.
type merge struct {
	rank int32
	id   int32
}

// pairTable finds the merge of two tokens: open addressing in one array, because it is asked for every pair of
// every new word.
type pairTable struct {
	slots []pairSlot
	shift uint
	n     int
}

type pairSlot struct {
	key   uint64 // 0 is empty: keys are pairKey, which is never 0
	merge merge
}

// pairKey is not 0 for any pair, since ids are below 2^31.
func pairKey(a, b int32) uint64 { return uint64(uint32(a)+1)<<32 | uint64(uint32(b)) }

func newPairTable(n int) *pairTable {
	size := bits.Len(uint(max(2*n, 8)))
	return &pairTable{slots: make([]pairSlot, 1<<size), shift: uint(64 - size)}
}

func (t *pairTable) slot(key uint64) *pairSlot {
	for i := key * 0x9E3779B97F4A7C15 >> t.shift; ; i = (i + 1) & uint64(len(t.slots)-1) {
		if s := &t.slots[i]; s.key == key || s.key == 0 {
			return s
		}
	}
}

// set adds a pair; a later one replaces an earlier one. No more than the table was made for may be added.
func (t *pairTable) set(a, b int32, m merge) {
	s := t.slot(pairKey(a, b))
	if s.key == 0 {
		t.n++
	}
	*s = pairSlot{pairKey(a, b), m}
}

func (t *pairTable) get(a, b int32) (merge, bool) {
	s := t.slot(pairKey(a, b))
	return s.merge, s.key != 0
}
