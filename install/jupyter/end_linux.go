package jupyter

import "syscall"

// endsWithUs has the system end JupyterLab, which ends its kernels, when Lyceum itself is killed.
func endsWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
