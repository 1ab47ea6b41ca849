//go:build unix && !linux

package jupyter

import "syscall"

// endsWithUs has nothing to set: only Linux ends a process with the one that started it.
func endsWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
