// Package environment makes a Python environment with JupyterLab in the user's cache folder, from versions
// that are pinned with their hashes.
package environment

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
)

// A Python is an interpreter that can make environments.
type Python struct {
	Path    string
	Version string // "3.12.1"
}

// ErrNoPython says what is missing when no Python can be used.
var ErrNoPython = errors.New("no Python 3.10 or newer with its module venv was found. Install Python from python.org " +
	"(on Debian or Ubuntu: apt install python3 python3-venv) and try again. 'lyceum run NOTEBOOK' needs no Python")

// probe prints the version and the real path of an interpreter that can make environments.
const probe = `import sys, venv, ensurepip; print("%d.%d.%d" % sys.version_info[:3]); print(sys.executable)`

// FindPython returns the interpreter for a new environment: the one named by LYCEUM_PYTHON, else the first on PATH that will do.
func FindPython() (Python, error) {
	if named := os.Getenv("LYCEUM_PYTHON"); named != "" {
		p, err := try(named)
		if err != nil {
			return Python{}, fmt.Errorf("LYCEUM_PYTHON is %s: %w", named, err)
		}
		return p, nil
	}
	var seen []string
	for _, c := range candidates() {
		p, err := try(c...)
		if err == nil {
			return p, nil
		}
		if !errors.Is(err, exec.ErrNotFound) {
			seen = append(seen, strings.Join(c, " ")+": "+err.Error())
		}
	}
	if len(seen) > 0 {
		return Python{}, fmt.Errorf("%w (%s)", ErrNoPython, strings.Join(seen, "; "))
	}
	return Python{}, ErrNoPython
}

func candidates() [][]string {
	c := [][]string{{"python3"}, {"python"}, {"python3.13"}, {"python3.12"}, {"python3.11"}, {"python3.10"}}
	if runtime.GOOS == "windows" {
		c = append([][]string{{"py", "-3"}}, c...)
	}
	return c
}

func try(argv ...string) (Python, error) {
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return Python{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append(argv[1:], "-I", "-c", probe)...)
	out, err := cmd.Output()
	if err != nil {
		var ee *exec.ExitError
		if errors.As(err, &ee) {
			return Python{}, errors.New(lastLine(string(ee.Stderr), "does not start"))
		}
		return Python{}, err
	}
	l := strings.Split(strings.ReplaceAll(strings.TrimSpace(string(out)), "\r\n", "\n"), "\n")
	if len(l) != 2 {
		return Python{}, errors.New("does not behave like a Python")
	}
	var major, minor int
	fmt.Sscanf(l[0], "%d.%d", &major, &minor)
	if major != 3 || minor < 10 {
		return Python{}, fmt.Errorf("this is Python %s", l[0])
	}
	return Python{Path: l[1], Version: l[0]}, nil
}

func lastLine(s, otherwise string) string {
	l := strings.Split(strings.TrimSpace(s), "\n")
	if t := strings.TrimSpace(l[len(l)-1]); t != "" {
		return t
	}
	return otherwise
}

// Bin returns the folder of the programs of an environment.
func Bin(dir string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(dir, "Scripts")
	}
	return filepath.Join(dir, "bin")
}

// Program returns the path of a program of an environment.
func Program(dir, name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(Bin(dir), name)
}

// Clean returns the variables of this process without those that would lead a Python to other packages than
// those of its environment.
func Clean(env []string) []string {
	var out []string
	for _, kv := range env {
		k, _, _ := strings.Cut(kv, "=")
		switch strings.ToUpper(k) {
		case "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV",
			"PIP_NO_DEPS", "PIP_CONSTRAINT", "PIP_NO_BINARY", "UV_SYSTEM_PYTHON", "UV_PROJECT_ENVIRONMENT", "__PYVENV_LAUNCHER__":
			continue
		}
		out = append(out, kv)
	}
	return out
}
