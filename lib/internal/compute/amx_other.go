//go:build !linux && amd64

package compute

// amxAllowed: only Linux has been tried.
func amxAllowed() bool { return false }
