package keeper

import "syscall"

// endsWithKeeper has the system kill the kernel in the moment in which its keeper dies: whoever kills the process that it
// knows expects the ports to be free.
func endsWithKeeper() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// fionread asks how many bytes can be read.
const fionread = 0x541b
