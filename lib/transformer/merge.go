package transformer

import (
	"fmt"
	"slices"
)

// swapMerged exchanges merged and original weights, in the order that undoes or redoes.
func (m *LM) swapMerged() {
	for i := len(m.adapters.merged) - 1; i >= 0; i-- {
		m.adapters.merged[i].swap.Swap()
	}
}

func (m *LM) isMerged(name string) bool {
	return slices.ContainsFunc(m.adapters.merged, func(x mergedAdapter) bool { return x.name == name })
}

// Merge writes an adapter into the weights, so that it costs nothing more; Unmerge takes it out again, to the bit.
func (m *LM) Merge(name string) error {
	a := m.adapters.byName[name]
	if a == nil {
		return fmt.Errorf("transformer: there is no adapter %q; there are %v", name, m.adapters.names)
	}
	if m.isMerged(name) {
		return fmt.Errorf("transformer: the adapter %q is merged already", name)
	}
	swap, err := a.Merge()
	if err != nil {
		return fmt.Errorf("transformer: adapter %q: %w", name, err)
	}
	m.adapters.merged = append(m.adapters.merged, mergedAdapter{name, swap, append(slices.Clone(a.Saved), m.mergedTables(a)...)})
	m.attach()
	return nil
}

// Unmerge takes a merged adapter out of the weights; it acts again if it is among the active ones.
func (m *LM) Unmerge(name string) error {
	if !m.isMerged(name) {
		return fmt.Errorf("transformer: the adapter %q is not merged", name)
	}
	merged := m.adapters.merged
	m.swapMerged()
	m.adapters.merged = nil
	for _, x := range merged {
		if x.name == name {
			continue
		}
		if err := m.Merge(x.name); err != nil {
			return err
		}
	}
	m.attach()
	return nil
}
