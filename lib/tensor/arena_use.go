package tensor

// ScopeBytes is how much memory the buffers of scopes take now, in use and in store.
func ScopeBytes() int64 {
	arena.Lock()
	defer arena.Unlock()
	n := int64(0)
	for _, l := range arena.live {
		n += 4 * int64(cap(l.buffer))
	}
	for _, list := range arena.free {
		for _, s := range list {
			n += 4 * int64(cap(s.buffer))
		}
	}
	return n
}
