//go:build !linux

package main

// totalMemory returns the bytes of memory of this machine, 0 if unknown.
func totalMemory() uint64 { return 0 }
