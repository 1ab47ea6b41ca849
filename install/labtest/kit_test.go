package labtest

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lyceum/install"
	"lyceum/install/environment"
	"lyceum/install/kernelspec"
)

//go:embed requirements.txt
var requirementsText []byte

var requirements = environment.Requirements{Name: "test", Text: requirementsText}

// root is the folder of the repository.
const root = "../.."

var work string // a folder for the whole run

func TestMain(m *testing.M) {
	var err error
	if work, err = os.MkdirTemp("", "lyceum-labtest-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(work)
	os.Exit(code)
}

// lacking ends a test for want of a tool; in CI that is a failure.
func lacking(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

var build = sync.OnceValues(func() (string, error) {
	path := filepath.Join(work, "bin", "lyceum")
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %v\n%s", err, out)
	}
	return path, nil
})

// program returns the built lyceum.
func program(t *testing.T) string {
	t.Helper()
	p, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var environ = sync.OnceValues(func() (string, error) {
	cache, err := install.CacheDir()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Minute)
	defer cancel()
	env, err := environment.Ensure(ctx, cache, requirements, os.Stderr)
	return env.Dir, err
})

// pythonEnv returns the folder of the environment with JupyterLab and the clients.
func pythonEnv(t *testing.T) string {
	t.Helper()
	if _, err := environment.FindPython(); err != nil {
		lacking(t, "%v", err)
	}
	dir, err := environ()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var spec = sync.OnceValues(func() (string, error) {
	exe, err := build()
	if err != nil {
		return "", err
	}
	prefix := filepath.Join(work, "prefix")
	if out, err := exec.Command(exe, "install", "--prefix", prefix).CombinedOutput(); err != nil {
		return "", fmt.Errorf("lyceum install: %v\n%s", err, out)
	}
	return kernelspec.PrefixDir(prefix), nil
})

// clientEnv returns the variables under which Jupyter's programs find the installed kernel and nothing of this user's.
func clientEnv(t *testing.T) []string {
	t.Helper()
	data, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	return append(isolated(home), "JUPYTER_PATH="+data)
}

// isolated returns variables with all of a user's folders in home.
func isolated(home string) []string {
	var env []string
	for _, kv := range environment.Clean(os.Environ()) {
		k, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(k, "JUPYTER") || strings.HasPrefix(k, "XDG_") || k == "HOME" || k == "LYCEUM_PYTHON" {
			continue
		}
		env = append(env, kv)
	}
	// The interpreter and the Go caches of this machine stay usable from another home.
	if py, err := environment.FindPython(); err == nil {
		env = append(env, "LYCEUM_PYTHON="+py.Path)
	}
	if folder, err := install.CacheDir(); *real && err == nil && os.Getenv("LYCEUM_MODELS") == "" {
		env = append(env, "LYCEUM_MODELS="+filepath.Join(folder, "models")) // where "lyceum get" has put the model
	}
	return append(env, "HOME="+home, "XDG_CACHE_HOME="+filepath.Join(home, "cache"), "XDG_DATA_HOME="+filepath.Join(home, "data"),
		"XDG_CONFIG_HOME="+filepath.Join(home, "config"), "JUPYTER_PLATFORM_DIRS=0", "PYTHONDONTWRITEBYTECODE=1")
}

// runs executes a program and returns its exit code and both outputs.
func runs(t *testing.T, env []string, dir, name string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env, cmd.Dir = env, dir
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatalf("%s: %v", name, err)
	}
	if ctx.Err() != nil {
		t.Fatalf("%s %v hangs\n%s%s", name, args, o.String(), e.String())
	}
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}
