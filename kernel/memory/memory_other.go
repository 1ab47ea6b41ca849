//go:build !linux && !darwin

package memory

// Total returns the bytes of memory of this machine, 0 if unknown.
func Total() uint64 { return 0 }

// Available is not known here.
func Available() (uint64, bool) { return 0, false }

// Most is not known here: the system decides, with its swap space.
func Most() uint64 { return 0 }
