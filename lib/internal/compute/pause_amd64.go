package compute

// pause spins n times with the processor's hint that this is a spin loop.
//
//go:noescape
func pause(n int)
