//go:build unix

package bench

import (
	"os/exec"
	"syscall"
)

// apart gives a child a process group of its own, so that ending it ends its children too.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
