//go:build unix

package jupyter

import (
	"os/exec"
	"syscall"
)

// alone puts JupyterLab into a process group of its own, so that Ctrl-C in the terminal comes to Lyceum
// only, which then ends JupyterLab without the question whether it is meant.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = endsWithUs()
	cmd.SysProcAttr.Setpgid = true
}

func terminate(cmd *exec.Cmd) { cmd.Process.Signal(syscall.SIGTERM) }

func kill(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
