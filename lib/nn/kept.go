package nn

// TokenNumbers is about how many numbers the adapter keeps of each token between forward and backward, beside what the model
// itself keeps: of LoRA the products with A, with dropout the masks and what they leave of the inputs, with DoRA the outputs
// before their magnitudes; of IA3 what is scaled, before and after. Other adapters keep little.
func (a *Adapter) TokenNumbers() (n int) {
	for l, hooks := range a.hooks {
		for _, h := range hooks {
			switch x := h.(type) {
			case *loraHook:
				for _, p := range x.parts {
					n += p.a.Dim(0)
					if x.dropout > 0 {
						n += 2 * l.In()
					}
					if p.magnitude != nil {
						n += p.rows
					}
				}
			case *ia3Hook:
				n += 2 * x.l.Len()
			}
		}
	}
	return n
}
