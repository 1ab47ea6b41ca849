package transformer

import (
	"fmt"
	"slices"

	"lyceum/lib/stop"
)

// takeOut puts the weights back that were there before anything was merged: the last change first, because each remembers
// what it found.
func takeOut(merged []mergedAdapter) {
	for _, x := range slices.Backward(merged) {
		x.swap.Swap()
	}
}

// putIn is the reverse of takeOut.
func putIn(merged []mergedAdapter) {
	for _, x := range merged {
		x.swap.Swap()
	}
}

func (m *LM) isMerged(name string) bool {
	return slices.ContainsFunc(m.adapters.merged, func(x mergedAdapter) bool { return x.name == name })
}

// Merge writes an adapter into the weights, so that it costs nothing more; Unmerge takes it out again, to the bit. A stop ends
// either by a panic with stop.ErrInterrupted and leaves the model as it was.
func (m *LM) Merge(name string) error {
	a := m.adapters.byName[name]
	if a == nil {
		return fmt.Errorf("transformer: there is no adapter %q; there are %v", name, m.adapters.names)
	}
	if m.isMerged(name) {
		return fmt.Errorf("transformer: the adapter %q is merged already", name)
	}
	stop.Check()
	tables := m.mergedTables(a)
	swap, err := a.Merge()
	if err != nil {
		return fmt.Errorf("transformer: adapter %q: %w", name, err)
	}
	m.adapters.merged = append(m.adapters.merged, mergedAdapter{name, swap, append(slices.Clone(a.Saved), tables...)})
	m.attach()
	return nil
}

// Unmerge takes a merged adapter out of the weights; it acts again if it is among the active ones.
func (m *LM) Unmerge(name string) error {
	if !m.isMerged(name) {
		return fmt.Errorf("transformer: the adapter %q is not merged", name)
	}
	merged, done := m.adapters.merged, false
	takeOut(merged)
	m.adapters.merged = nil
	defer func() {
		if !done {
			takeOut(m.adapters.merged)
			m.adapters.merged = merged
			putIn(merged)
			m.attach()
		}
	}()
	for _, x := range merged {
		if x.name == name {
			continue
		}
		if err := m.Merge(x.name); err != nil {
			return err
		}
	}
	done = true
	m.attach()
	return nil
}
