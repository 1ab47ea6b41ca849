//go:build !linux && !darwin

package memory

// Total returns 0: how much memory there is is not known here.
func Total() int64 { return 0 }
