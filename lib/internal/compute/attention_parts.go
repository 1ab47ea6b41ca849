package compute

// keyGradient is where the gradient of a head's keys or values goes: key j is at data[at+j*stride:].
type keyGradient struct {
	data       []float32
	at, stride int
}

// backwardParts is into how many parts the query heads of one key head are cut on the way back, so that there is work for
// several workers when there are few key heads. It depends on sizes only.
func (s *AttentionShape) backwardParts() int {
	const tasks, least = 8, 64 // with fewer queries the sums of the parts would cost as much
	if s.Queries < least {
		return 1
	}
	return min(s.Heads/s.KVHeads, (tasks-1)/(s.Batch*s.KVHeads)+1)
}

// keyParts are the gradients of keys and values that all parts but the first of each key head find: their query heads share
// the keys, so they may not add to one sum at the same time.
type keyParts struct {
	s     *AttentionShape
	parts int
	sums  []float32 // for each key head and part but the first, (2, Keys, Dim)
}

func newKeyParts(s *AttentionShape, parts int) *keyParts {
	p := &keyParts{s: s, parts: parts}
	if parts > 1 {
		p.sums = getScratch(s.Batch * s.KVHeads * (parts - 1) * 2 * s.Keys * s.Dim)
	}
	return p
}

func (p *keyParts) release() {
	if p.parts > 1 {
		putScratch(p.sums)
	}
}

// of returns the sums of one part, which begin as zeros.
func (p *keyParts) of(head, part int) (dk, dv keyGradient) {
	dk, dv = p.at(head, part)
	clear(p.sums[dk.at:][:2*p.s.Keys*p.s.Dim])
	return dk, dv
}

func (p *keyParts) at(head, part int) (dk, dv keyGradient) {
	one := p.s.Keys * p.s.Dim
	first := (head*(p.parts-1) + part - 1) * 2 * one
	return keyGradient{p.sums, first, p.s.Dim}, keyGradient{p.sums, first + one, p.s.Dim}
}

// addTo adds the parts to dk and dv in order.
func (p *keyParts) addTo(dk, dv []float32) {
	if p.parts == 1 {
		return
	}
	s := p.s
	Parallel(s.Batch*s.KVHeads, 1, func(lo, hi int) {
		for head := lo; head < hi; head++ {
			w := attentionWork{AttentionShape: s, batch: head / s.KVHeads, kv: head % s.KVHeads}
			for part := 1; part < p.parts; part++ {
				k, v := p.at(head, part)
				for j := range w.keyCount() {
					addRow(dk[w.kAt(j):][:s.Dim], k, j)
					addRow(dv[w.vAt(j):][:s.Dim], v, j)
				}
			}
		}
	})
}

func addRow(dst []float32, from keyGradient, j int) {
	active.add(dst, dst, from.data[from.at+j*from.stride:][:len(dst)])
}
