//go:build linux && amd64

package compute

import (
	"syscall"

	"golang.org/x/sys/cpu"
)

// amxAllowed asks Linux, once, for the tile registers (Documentation/arch/x86/xstate.rst): their state takes 8 KB a thread,
// so that a process has them only on demand.
func amxAllowed() bool {
	if !cpu.X86.HasAMXTile || !cpu.X86.HasAMXBF16 {
		return false
	}
	const requestPermission, tileData = 0x1023, 18 // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
	_, _, errno := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, requestPermission, tileData, 0)
	return errno == 0
}
