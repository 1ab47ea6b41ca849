//go:build !linux

package compute

// preferHugePages does nothing where the system decides by itself.
func preferHugePages([]float32) {}
