package labtest

import (
	"os/exec"
	"syscall"
)

// endWithTests has the system end a command when these tests are killed, or run out of their time, and no cleanup is done.
func endWithTests(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
