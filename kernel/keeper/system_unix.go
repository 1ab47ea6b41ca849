//go:build unix && !linux

package keeper

import "syscall"

// endsWithKeeper is nothing here: the kernel sees that the pipe from its keeper is closed, and ends.
func endsWithKeeper() *syscall.SysProcAttr { return nil }

// fionread asks how many bytes can be read; the BSDs and macOS agree on the number.
const fionread = 0x4004667f
