package transformer

import (
	"lyceum/lib/nn"
	"lyceum/lib/tensor"
)

// tables are the embedding and the output layer under their names; a model with a score head has no output layer.
func (m *LM) tables() []nn.Table {
	out := []nn.Table{{Name: m.fam.names.embed, Ref: &m.Embed}}
	if len(m.adapters.more) == 0 {
		out = append(out, nn.Table{Name: "lm_head", Ref: &m.Head, Output: true})
	}
	return out
}

// tableParts lists what the active adapters do to the embedding, or to the output layer.
func (m *LM) tableParts(output bool) []*nn.TablePart {
	var out []*nn.TablePart
	for _, n := range m.adapters.active {
		if m.isMerged(n) {
			continue
		}
		for _, p := range m.adapters.byName[n].Tables {
			if p.Output == output {
				out = append(out, p)
			}
		}
	}
	return out
}

// embedded returns the embeddings of tokens, with the adapters that are on.
func (m *LM) embedded(ids []int32) *tensor.Tensor {
	x := tensor.EmbeddingExcept(m.Embed, ids, m.paddingRow())
	for _, p := range m.tableParts(false) {
		x = p.Embed(x, ids, m.paddingRow())
	}
	return x
}

// widened puts what an adapter does to the output layer into the hidden states and into Output.
func (m *LM) widened(hidden *tensor.Tensor) *tensor.Tensor {
	m.adapters.output = nil
	for _, p := range m.tableParts(true) {
		hidden, m.adapters.output = p.Widen(hidden, m.Head)
	}
	return hidden
}

// Output is what scores are computed with: Head, (V, D). With an adapter on the output layer it is r columns wider, as are
// the hidden states of Hidden, which must have been called before.
func (m *LM) Output() *tensor.Tensor {
	if m.adapters.output != nil && len(m.tableParts(true)) > 0 {
		return m.adapters.output
	}
	return m.Head
}

// Merged lists the parameters as a file of the model has them: those of Params, with what merged adapters have put in their
// place. tied is whether embedding and output layer are still one.
func (m *LM) Merged() (params []nn.Param, tied bool) {
	tied = m.Config.Tied && m.kept(&m.Head) == m.kept(&m.Embed)
	return m.params(m.kept, tied), tied
}

// kept returns the tensor that is in a place when no adapter is on but the merged ones.
func (m *LM) kept(ref **tensor.Tensor) *tensor.Tensor { return m.keptBut(nil, ref) }

// keptBut leaves one adapter out.
func (m *LM) keptBut(a *nn.Adapter, ref **tensor.Tensor) *tensor.Tensor {
	t := m.own(*ref)
	for _, x := range m.adapters.merged {
		if a != nil && m.adapters.byName[x.name] == a {
			continue
		}
		for _, s := range x.saved {
			if s.Slot.Ref == ref {
				t = s.Own
			}
		}
	}
	return t
}

// Standing returns the table that a part of an adapter changes, as it is without the adapter, which may be merged.
func (m *LM) Standing(a *nn.Adapter, p *nn.TablePart) *tensor.Tensor {
	for _, s := range a.Saved {
		if s.Slot.Ref == p.Ref {
			return s.Own
		}
	}
	return m.keptBut(a, p.Ref)
}

// mergedTables are the tables as they are with the adapter.
func (m *LM) mergedTables(a *nn.Adapter) []nn.Saved {
	var out []nn.Saved
	for _, p := range a.Tables {
		out = append(out, nn.Saved{Slot: nn.Slot{Name: p.Name + ".weight", Ref: p.Ref}, Own: p.Merged(m.Standing(a, p))})
	}
	return out
}
