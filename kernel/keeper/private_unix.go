//go:build unix

package keeper

import (
	"os"
	"syscall"
)

// private keeps a descriptor from the processes that cells start.
func private(f *os.File) { syscall.CloseOnExec(int(f.Fd())) }
