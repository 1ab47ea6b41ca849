package main

import "golang.org/x/sys/unix"

// totalMemory returns the bytes of memory of this machine, 0 if unknown.
func totalMemory() uint64 {
	var i unix.Sysinfo_t
	if unix.Sysinfo(&i) != nil {
		return 0
	}
	return uint64(i.Totalram) * uint64(i.Unit)
}
