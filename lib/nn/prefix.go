package nn

import "lyceum/lib/tensor"

// PrefixRows lays the keys and values of block i of a prefix (n, 2 L KVHeads Dim) out as rows of queries, keys and values
// (n, Width), with queries of zero.
func PrefixRows(prefix *tensor.Tensor, h tensor.Heads, i int) *tensor.Tensor {
	n, kv, q := prefix.Dim(0), h.KVHeads*h.Dim, h.Heads*h.Dim
	out := make([]float32, n*h.Width())
	all := prefix.Dim(1)
	for r := range n {
		copy(out[r*h.Width()+q:(r+1)*h.Width()], prefix.Data()[r*all+2*i*kv:])
	}
	return tensor.Custom("Prefix", out, []int{n, h.Width()}, []*tensor.Tensor{prefix}, func(g []float32) {
		d := prefix.GradBuffer()
		for r := range n {
			row, grad := d[r*all+2*i*kv:][:2*kv], g[r*h.Width()+q:(r+1)*h.Width()]
			for j, v := range grad {
				row[j] += v
			}
		}
	})
}
