// Package jupyter finds a JupyterLab on the machine and starts it with Lyceum's kernel.
package jupyter

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"lyceum/install/environment"
)

// A Lab is a JupyterLab that can be started.
type Lab struct {
	Program string // jupyter-lab
	Version string
	Where   string // how it was found, for people
}

// OldestVersion is the first JupyterLab that the kernel is tested with.
const OldestVersion = "4.4"

// ErrNone says that there is no JupyterLab, or only ones that are too old.
var ErrNone = errors.New("no JupyterLab " + OldestVersion + " or newer was found")

// Find returns the JupyterLab of the active Python environment, else the one on PATH.
func Find(ctx context.Context) (Lab, error) {
	var old []string
	for _, c := range places() {
		v, err := Version(ctx, c.Program)
		if err != nil {
			continue
		}
		if !AtLeast(v, OldestVersion) {
			old = append(old, fmt.Sprintf("%s is %s", c.Program, v))
			continue
		}
		c.Version = v
		return c, nil
	}
	if len(old) > 0 {
		return Lab{}, fmt.Errorf("%w (%s)", ErrNone, strings.Join(old, ", "))
	}
	return Lab{}, ErrNone
}

func places() []Lab {
	var out []Lab
	for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if d := os.Getenv(name); d != "" {
			if p := environment.Program(d, "jupyter-lab"); isFile(p) {
				out = append(out, Lab{Program: p, Where: "the active Python environment"})
			}
		}
	}
	if p, err := exec.LookPath("jupyter-lab"); err == nil {
		if p, err = filepath.Abs(p); err == nil {
			out = append(out, Lab{Program: p, Where: "PATH"})
		}
	}
	return out
}

func isFile(p string) bool {
	st, err := os.Stat(p)
	return err == nil && !st.IsDir()
}

const ask = `import importlib.metadata as m; print(m.version("jupyterlab"))`

// Version returns the version of a jupyter-lab program. The Python beside it knows it at once; without one
// the program itself is asked, which takes a second.
func Version(ctx context.Context, program string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	python := filepath.Join(filepath.Dir(program), "python")
	if runtime.GOOS == "windows" {
		python += ".exe"
	}
	if isFile(python) {
		if out, err := exec.CommandContext(ctx, python, "-I", "-c", ask).Output(); err == nil {
			return strings.TrimSpace(string(out)), nil
		}
	}
	out, err := exec.CommandContext(ctx, program, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%s --version: %w", program, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// AtLeast compares versions by their first two numbers.
func AtLeast(version, least string) bool {
	var a, b, x, y int
	if n, _ := fmt.Sscanf(version, "%d.%d", &a, &b); n != 2 {
		return false
	}
	fmt.Sscanf(least, "%d.%d", &x, &y)
	return a > x || a == x && b >= y
}
