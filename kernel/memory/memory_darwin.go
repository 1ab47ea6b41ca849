package memory

import "golang.org/x/sys/unix"

// Total returns the bytes of memory of this machine, 0 if unknown.
func Total() uint64 {
	n, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return n
}

// Available is not known here.
func Available() (uint64, bool) { return 0, false }

// Most is not known here: the system decides, with its swap space.
func Most() uint64 { return 0 }
