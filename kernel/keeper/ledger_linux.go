package keeper

import (
	"os"

	"golang.org/x/sys/unix"
)

// nameless makes a file that has no name and needs no disk.
func nameless() (*os.File, error) {
	fd, err := unix.MemfdCreate("lyceum-ledger", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	return os.NewFile(uintptr(fd), "ledger"), nil
}
