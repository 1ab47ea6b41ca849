//go:build !linux

package memory

// Most returns 0: the system decides, with its swap space.
func Most() int64 { return 0 }

// Available returns 0: how much memory is left is not known here.
func Available() int64 { return 0 }

// Free returns 0: how much memory is left is not known here.
func Free() int64 { return 0 }
