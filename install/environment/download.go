package environment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"lyceum/install/atomicfile"
)

// DownloadWheel fetches the wheel of a package by name and version into a folder, through the pip of a Python that is there
// or through uv, which also find the user's mirror, proxy and certificates. A wheel with another SHA-256 is refused.
// Nothing is installed. Progress goes to w.
func DownloadWheel(ctx context.Context, name, version, sha256, folder string, w io.Writer) (string, error) {
	list := filepath.Join(folder, "wanted.txt")
	if err := atomicfile.Write(list, []byte(fmt.Sprintf("%s==%s --hash=sha256:%s\n", name, version, sha256)), 0o644); err != nil {
		return "", err
	}
	pip, err := findPip(ctx, folder, w)
	if err != nil {
		return "", err
	}
	args := append(pip[1:len(pip):len(pip)], "download", "--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check",
		"--dest", folder, "-r", list)
	if err := quietly(ctx, w, pip[0], args...); err != nil {
		return "", fmt.Errorf("pip could not fetch it: %w", err)
	}
	found, _ := filepath.Glob(filepath.Join(folder, "*.whl"))
	if len(found) != 1 {
		return "", fmt.Errorf("pip left %d wheels, one was expected", len(found))
	}
	return found[0], nil
}

// findPip returns the beginning of a command line: the pip of the Python that is there, one in an environment made for the
// purpose where that Python has none of its own (Debian), or one that uv brings.
func findPip(ctx context.Context, folder string, w io.Writer) ([]string, error) {
	py, err := FindPython()
	if err == nil {
		if exec.CommandContext(ctx, py.Path, "-I", "-m", "pip", "--version").Run() == nil {
			return []string{py.Path, "-I", "-m", "pip"}, nil
		}
		env := filepath.Join(folder, "pip")
		if err := quietly(ctx, w, py.Path, "-I", "-m", "venv", env); err != nil {
			return nil, fmt.Errorf("%s has no pip, and none could be made: %w", py.Path, err)
		}
		return []string{Program(env, "python"), "-I", "-m", "pip"}, nil
	}
	if uv, uerr := exec.LookPath("uv"); uerr == nil {
		return []string{uv, "tool", "run", "--no-config", "pip"}, nil
	}
	return nil, fmt.Errorf("neither a Python with pip nor uv can be used: %w", err)
}

// quietly runs a program; what it says goes to w, and when it fails the last of it is in the error.
func quietly(ctx context.Context, w io.Writer, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(Clean(os.Environ()), "PYTHONUNBUFFERED=1")
	cmd.WaitDelay = 5 * time.Second
	said := &tail{}
	cmd.Stdout = w
	cmd.Stderr = io.MultiWriter(w, lines{said})
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted")
	case err != nil:
		return fmt.Errorf("%v\n%s", err, said)
	}
	return nil
}

// lines puts what is written into a tail.
type lines struct{ t *tail }

func (l lines) Write(b []byte) (int, error) {
	for _, s := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		l.t.add(s)
	}
	return len(b), nil
}
