package tensor

// Buffer returns n numbers of any content for the operations of other packages (Custom): within a Scope the memory is taken
// back with that of the tensors.
func Buffer(n int) []float32 { return allocRaw(n) }

// Release gives a buffer back before its Scope ends. It must not be used afterwards.
func Release(b []float32) { release(b) }
