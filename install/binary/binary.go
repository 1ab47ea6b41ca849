// Package binary keeps a copy of the running program in a place that stays. A kernelspec must name a program
// that is still there tomorrow, and the one that "go run" starts is not.
package binary

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"lyceum/install/atomicfile"
	"lyceum/install/filelock"
)

// Name is the file name of the program.
func Name() string {
	if runtime.GOOS == "windows" {
		return "lyceum.exe"
	}
	return "lyceum"
}

// Stable returns the path of the program for a kernelspec. An installed program is used where it is; one
// that "go run" or a test has built for the moment is copied into dir.
func Stable(dir string) (string, error) {
	exe, err := self()
	if err != nil {
		return "", err
	}
	if !Temporary(exe) {
		return exe, nil
	}
	return CopyTo(dir)
}

// CopyTo makes dir/lyceum a copy of the running program, if it is not one already, and returns its path.
// The copy is replaced by a rename, so kernels that run from the old one go on.
func CopyTo(dir string) (string, error) {
	exe, err := self()
	if err != nil {
		return "", err
	}
	target := filepath.Join(dir, Name())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	lock, err := filelock.Lock(context.Background(), target+".lock", nil)
	if err != nil {
		return "", err
	}
	defer lock.Unlock()
	if same, err := Same(exe, target); err == nil && same {
		return target, nil
	}
	if err := atomicfile.Copy(target, exe, 0o755); err != nil {
		return "", fmt.Errorf("the program cannot be copied to %s: %w", target, err)
	}
	return target, nil
}

// Current reports whether the program at path is the same as the one that runs.
func Current(path string) bool {
	exe, err := self()
	if err != nil {
		return false
	}
	same, err := Same(exe, path)
	return err == nil && same
}

func self() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("the path of the running program is not known: %w", err)
	}
	return exe, nil
}

// Temporary reports whether a program at path will not stay: go run, go test and the system's folder of temporary files.
func Temporary(path string) bool {
	slash := filepath.ToSlash(path)
	if strings.Contains(slash, "/go-build") || strings.HasSuffix(strings.TrimSuffix(slash, ".exe"), ".test") {
		return true
	}
	for _, d := range []string{os.TempDir(), os.Getenv("GOCACHE"), os.Getenv("GOTMPDIR")} {
		if d != "" && within(path, d) {
			return true
		}
	}
	return false
}

func within(path, dir string) bool {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		if p, err := filepath.EvalSymlinks(path); err == nil {
			dir, path = real, p
		}
	}
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// Same reports whether two files hold the same bytes.
func Same(a, b string) (bool, error) {
	sa, err := os.Stat(a)
	if err != nil {
		return false, err
	}
	sb, err := os.Stat(b)
	if err != nil || sa.Size() != sb.Size() {
		return false, err
	}
	if os.SameFile(sa, sb) {
		return true, nil
	}
	ha, err := sum(a)
	if err != nil {
		return false, err
	}
	hb, err := sum(b)
	return ha == hb, err
}

func sum(path string) ([sha256.Size]byte, error) {
	var out [sha256.Size]byte
	f, err := os.Open(path)
	if err != nil {
		return out, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	h.Sum(out[:0])
	return out, err
}
