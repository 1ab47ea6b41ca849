package jupyter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// A Start is one run of JupyterLab.
type Start struct {
	Lab    Lab
	Home   Home
	Folder string   // what JupyterLab shows
	Args   []string // the person's own arguments, after ours so that they win
	Env    []string
	Out    io.Writer
}

// ErrStopped is returned when the context ended JupyterLab.
var ErrStopped = errors.New("stopped")

// patience is how long JupyterLab may take to end its kernels and itself before it is killed.
const patience = 15 * time.Second

// Run starts JupyterLab and waits for its end. When ctx is done JupyterLab is asked to end, which ends its
// kernels too; if it does not, it and its children are killed.
func (s Start) Run(ctx context.Context) error {
	if st, err := os.Stat(s.Folder); err != nil || !st.IsDir() {
		return fmt.Errorf("there is no folder %s", s.Folder)
	}
	args := []string{"--ServerApp.root_dir=" + s.Folder, "--ServerApp.answer_yes=True"}
	if os.Geteuid() == 0 { // in a container one often is; JupyterLab refuses unless it is told, and cells run as root either way
		args = append(args, "--ServerApp.allow_root=True")
	}
	args = append(args, s.Args...)
	cmd := exec.Command(s.Lab.Program, args...)
	cmd.Dir = s.Folder
	cmd.Env = s.Home.Env(s.Env)
	cmd.Stdout, cmd.Stderr = s.Out, s.Out
	alone(cmd)
	runtime.LockOSThread() // what the system watches is the thread that starts JupyterLab
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("JupyterLab does not start: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	terminate(cmd)
	select {
	case <-done:
	case <-time.After(patience):
		kill(cmd)
		<-done
	}
	return ErrStopped
}
