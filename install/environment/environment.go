package environment

import (
	"bufio"
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"lyceum/install/atomicfile"
	"lyceum/install/filelock"
)

// Requirements is a list of packages with pinned versions and the hashes of their files.
type Requirements struct {
	Name string // part of the environment's folder name
	Text []byte
}

//go:embed lab.txt
var labText []byte

// Lab is what "lyceum lab" needs. It is made by requirements.sh.
var Lab = Requirements{"lab", labText}

// packages counts the packages of the list.
func (r Requirements) packages() int { return len(pinned.FindAll(r.Text, -1)) }

var pinned = regexp.MustCompile(`(?m)^[A-Za-z0-9._-]+==`)

// An Env is an environment that is complete.
type Env struct {
	Dir  string
	Made bool // it was made by this call
}

// marker is written last. An environment without it is one whose making was cut off.
const marker = "lyceum-complete"

// Dir returns the folder of the environment under cache. Other requirements, another system or another version of this recipe give another folder.
func (r Requirements) Dir(cache string) string {
	h := sha256.New()
	fmt.Fprintf(h, "1\n%s\n%s\n", runtime.GOOS, runtime.GOARCH)
	h.Write(r.Text)
	return filepath.Join(cache, fmt.Sprintf("%s-%x", r.Name, h.Sum(nil)[:6]))
}

// Ready reports whether the environment is there, complete, and its Python still exists.
func (r Requirements) Ready(cache string) bool {
	dir := r.Dir(cache)
	if _, err := os.Stat(filepath.Join(dir, marker)); err != nil {
		return false
	}
	_, err := os.Stat(Program(dir, "python"))
	return err == nil
}

// Ensure returns the environment under cache, and makes it if it is not there or not complete. Several
// processes may call it at once: one makes it, the others wait. Progress goes to w.
func Ensure(ctx context.Context, cache string, r Requirements, w io.Writer) (Env, error) {
	dir := r.Dir(cache)
	if r.Ready(cache) {
		return Env{Dir: dir}, nil
	}
	lock, err := filelock.Lock(ctx, dir+".lock", func() { fmt.Fprintln(w, "another process is setting up JupyterLab; waiting for it") })
	if ctx.Err() != nil {
		return Env{}, errInterrupted
	}
	if err != nil {
		return Env{}, fmt.Errorf("the cache folder %s cannot be used: %w", cache, err)
	}
	defer lock.Unlock()
	if r.Ready(cache) {
		return Env{Dir: dir}, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return Env{}, fmt.Errorf("an unfinished environment is in the way: %w", err)
	}
	m := &maker{ctx: ctx, dir: dir, req: r, w: w, begun: time.Now(), lock: lock.File}
	if err := m.make(); err != nil {
		os.RemoveAll(dir)
		return Env{}, err
	}
	if err := atomicfile.Write(filepath.Join(dir, marker), []byte(time.Now().UTC().Format(time.RFC3339)+"\n"), 0o644); err != nil {
		return Env{}, err
	}
	m.say("JupyterLab is set up (%s)", time.Since(m.begun).Round(time.Second))
	return Env{Dir: dir, Made: true}, nil
}

type maker struct {
	ctx   context.Context
	dir   string
	req   Requirements
	w     io.Writer
	begun time.Time
	lock  *os.File
}

func (m *maker) say(format string, args ...any) { fmt.Fprintf(m.w, format+"\n", args...) }

func (m *maker) make() error {
	list := m.dir + ".txt"
	if err := atomicfile.Write(list, m.req.Text, 0o644); err != nil {
		return err
	}
	defer os.Remove(list)
	py, err := FindPython()
	uv, _ := exec.LookPath("uv")
	if err != nil && uv == "" {
		return err
	}
	m.say("setting up JupyterLab in %s: %d packages, once, from the Python package index", m.dir, m.req.packages())
	if uv != "" {
		return m.withUV(uv, py, list)
	}
	m.say("using Python %s (%s)", py.Version, py.Path)
	if err := m.run("making the environment", py.Path, "-I", "-m", "venv", m.dir); err != nil {
		return err
	}
	return m.run("installing", Program(m.dir, "python"), "-I", "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input",
		"--disable-pip-version-check", "--progress-bar", "off", "-r", list)
}

// withUV does the same in a fraction of the time. Without a Python of its own the machine gets one from uv.
func (m *maker) withUV(uv string, py Python, list string) error {
	version := py.Path
	if version == "" {
		version = "3.12"
	}
	m.say("using uv (%s)", uv)
	if err := m.run("making the environment", uv, "venv", "--no-config", "--no-project", "--python", version, m.dir); err != nil {
		return err
	}
	return m.run("installing", uv, "pip", "install", "--no-config", "--require-hashes", "--no-deps", "--python", Program(m.dir, "python"), "-r", list)
}

// run runs one step and turns its lines into progress. When it fails the last lines say why.
func (m *maker) run(what string, argv ...string) error {
	cmd := exec.CommandContext(m.ctx, argv[0], argv[1:]...)
	cmd.Env = append(Clean(os.Environ()), "PYTHONUNBUFFERED=1")
	cmd.WaitDelay = 5 * time.Second
	if runtime.GOOS != "windows" {
		// If this process is killed, pip still writes for a moment: with the lock in its hands the next start waits for its end.
		cmd.ExtraFiles = []*os.File{m.lock}
	}
	tail := &tail{}
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		m.progress(what, r, tail)
	}()
	err := cmd.Run()
	w.Close()
	wg.Wait()
	if err == nil {
		return nil
	}
	if m.ctx.Err() != nil {
		return errInterrupted
	}
	if tail.unreachable() {
		return ErrUnreachable
	}
	return fmt.Errorf("setting up JupyterLab failed while %s (%v):\n%s\n'lyceum run NOTEBOOK' needs neither Python nor a network", what, err, tail)
}

// progress counts packages in what pip says; every so often it says how far it is.
func (m *maker) progress(what string, r io.Reader, t *tail) {
	m.say("%s", what)
	n, all, last := 0, m.req.packages(), time.Now()
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		line := sc.Text()
		t.add(line)
		switch {
		case strings.HasPrefix(line, "Collecting "):
			if n++; time.Since(last) > 2*time.Second {
				name, _, _ := strings.Cut(strings.TrimPrefix(line, "Collecting "), "==")
				m.say("  package %d of at most %d: %s (%s)", n, all, name, time.Since(m.begun).Round(time.Second))
				last = time.Now()
			}
		case strings.HasPrefix(line, "Installing collected packages"):
			m.say("  unpacking %d packages (%s)", n, time.Since(m.begun).Round(time.Second))
		}
	}
	io.Copy(io.Discard, r) // a line too long for the scanner must not block the child
}

var errInterrupted = errors.New("interrupted; the next start begins again")

// ErrUnreachable is returned when what is to be downloaded cannot be reached.
var ErrUnreachable = errors.New("the Python package index does not answer")

// unreachable says whether pip or uv had no connection.
func (t *tail) unreachable() bool {
	return slices.ContainsFunc(t.lines, func(l string) bool {
		return strings.Contains(l, "after connection broken by") || strings.Contains(l, "error sending request") || strings.Contains(l, "dns error")
	})
}

// tail keeps the last lines of a step.
type tail struct{ lines []string }

func (t *tail) add(l string) {
	if t.lines = append(t.lines, l); len(t.lines) > 12 {
		t.lines = t.lines[1:]
	}
}

func (t *tail) String() string { return "  " + strings.Join(t.lines, "\n  ") }
