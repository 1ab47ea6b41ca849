package jupyter

import (
	"os/exec"
	"strconv"
)

// alone leaves JupyterLab on this console: Windows sends Ctrl-C to everything there, and with answer_yes
// JupyterLab ends by it without a question.
func alone(*exec.Cmd) {}

func terminate(*exec.Cmd) {}

func kill(cmd *exec.Cmd) {
	exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run()
}
