package labtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lyceum/install/environment"
	"lyceum/install/probe"
)

// A lab is a running "lyceum lab".
type lab struct {
	t   *testing.T
	cmd *exec.Cmd
	log *syncBuffer
	url string
}

const token = "labtest"

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// startLab starts "lyceum lab" with the arguments and waits until its server answers. more are arguments for JupyterLab.
func startLab(t *testing.T, env []string, args []string, more ...string) *lab {
	t.Helper()
	ports, err := probe.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	port := ports[0]
	args = append(append([]string{"lab"}, args...), "--", "--no-browser", "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token="+token,
		fmt.Sprintf("--ServerApp.port=%d", port), "--ServerApp.port_retries=0")
	x := &lab{t: t, cmd: exec.Command(program(t), append(args, more...)...), log: &syncBuffer{}, url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	x.cmd.Env, x.cmd.Stdout, x.cmd.Stderr, x.cmd.Dir = env, x.log, x.log, work
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // Linux ends the child with the thread that started it
		endWithTests(x.cmd)
		err := x.cmd.Start()
		started <- err
		if err == nil {
			x.cmd.Wait()
			close(ended)
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		x.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(3 * time.Minute):
			x.cmd.Process.Kill()
			t.Errorf("lyceum lab does not end\n%s", x.log)
		}
		if t.Failed() {
			t.Logf("log of JupyterLab:\n%s", x.log)
		}
	})
	until(t, 20*time.Minute, "JupyterLab never answered", func() bool {
		select {
		case <-ended:
			t.Fatalf("lyceum lab ended at once\n%s", x.log)
		default:
		}
		return x.call("GET", "/api/status", nil) == nil
	})
	return x
}

// call asks the server; the answer's JSON goes into out if it is not nil.
func (x *lab) call(method, path string, out any) error {
	req, err := http.NewRequest(method, x.url+path, strings.NewReader(`{"name": "lyceum"}`))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "token "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s", method, path, res.Status)
	}
	if err == nil && out != nil {
		err = json.Unmarshal(data, out)
	}
	return err
}

// kernels returns the processes of the operating system whose command line has the text.
func kernels(t *testing.T, text string) []string {
	t.Helper()
	out, err := exec.Command("ps", "-eo", "pid=,args=").Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, l := range strings.Split(string(out), "\n") {
		if strings.Contains(l, text) && strings.Contains(l, " kernel -f ") {
			found = append(found, strings.TrimSpace(l))
		}
	}
	return found
}

// TestLabFromNothing starts "lyceum lab" with empty folders: it is killed in the middle of setting up, two
// starts follow at once, then it runs, on the embedded course, and ends with its kernels by Ctrl-C.
func TestLabFromNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signal that one process can send to another")
	}
	if _, err := environment.FindPython(); err != nil {
		lacking(t, "%v", err)
	}
	home := t.TempDir()
	env := isolated(home)
	cache := filepath.Join(home, "cache", "lyceum")
	setup := func(log *syncBuffer) *exec.Cmd {
		cmd := exec.Command(program(t), "lab", "--own", "--setup-only")
		cmd.Env, cmd.Dir, cmd.Stderr = env, work, log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}

	var first syncBuffer
	killed := setup(&first)
	until(t, 10*time.Minute, "setting up never came to its packages", func() bool { return strings.Contains(first.String(), "\ninstalling") })
	killed.Process.Kill()
	killed.Wait()
	if environment.Lab.Ready(cache) {
		t.Fatal("an environment that was cut off counts as ready")
	}

	var a, b syncBuffer
	one, two := setup(&a), setup(&b)
	if err := one.Wait(); err != nil {
		t.Errorf("%v\n%s", err, &a)
	}
	if err := two.Wait(); err != nil {
		t.Errorf("%v\n%s", err, &b)
	}
	if n := strings.Count(a.String()+b.String(), "\ninstalling"); n != 1 {
		t.Errorf("the environment was made %d times:\n%s\n%s", n, &a, &b)
	}
	if !environment.Lab.Ready(cache) {
		t.Fatal("the environment is not ready")
	}

	x := startLab(t, env, []string{"--own"})
	var specs struct {
		Kernelspecs map[string]struct {
			Spec struct{ Argv []string }
		}
	}
	if err := x.call("GET", "/api/kernelspecs", &specs); err != nil {
		t.Fatal(err)
	}
	argv := specs.Kernelspecs["lyceum"].Spec.Argv
	if len(argv) == 0 || strings.HasPrefix(argv[0], work) {
		t.Fatalf("the kernel that JupyterLab offers: %v", argv)
	}
	var course struct{ Content []struct{ Name string } }
	if err := x.call("GET", "/api/contents", &course); err != nil || len(course.Content) == 0 {
		t.Errorf("JupyterLab shows nothing of the course: %v", err)
	}
	if err := x.call("POST", "/api/kernels", nil); err != nil {
		t.Fatal(err)
	}
	until(t, 3*time.Minute, "no kernel process", func() bool { return len(kernels(t, argv[0])) > 0 })
	x.cmd.Process.Signal(syscall.SIGINT)
	until(t, 3*time.Minute, "JupyterLab answers after Ctrl-C", func() bool { return x.call("GET", "/api/status", nil) != nil })
	until(t, 3*time.Minute, "kernels outlive JupyterLab", func() bool { return len(kernels(t, argv[0])) == 0 })
}

func TestLabWithoutPython(t *testing.T) {
	env := append(isolated(t.TempDir()), "PATH="+t.TempDir())
	for i, kv := range env {
		if strings.HasPrefix(kv, "LYCEUM_PYTHON=") {
			env[i] = "UNUSED="
		}
	}
	code, _, errs := runs(t, env, work, program(t), "lab", "--setup-only")
	if code != 1 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "python3-venv") || !strings.Contains(errs, "lyceum run") {
		t.Errorf("exit code %d, want one line that says what to install:\n%s", code, errs)
	}
}

func TestLabRefuses(t *testing.T) {
	none := filepath.Join(work, "none")
	if code, _, errs := runs(t, isolated(t.TempDir()), work, program(t), "lab", none); code != 2 || !strings.Contains(errs, "no folder") || strings.Count(errs, "\n") != 1 {
		t.Errorf("exit code %d: %s", code, errs)
	}
	file := filepath.Join(t.TempDir(), "text.txt")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := runs(t, isolated(t.TempDir()), work, program(t), "lab", file); code != 2 || !strings.Contains(errs, "neither") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
