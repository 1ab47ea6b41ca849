package generics_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lyceum/kernel/display"
	"lyceum/kernel/session"
)

var update = flag.Bool("update", false, "record what the Go compiler makes of testdata/*.go")

// cellOutput collects what cells print.
type cellOutput struct {
	mu   sync.Mutex
	text strings.Builder
}

func (c *cellOutput) Stream(_ string, p []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.Write(p)
}
func (c *cellOutput) Display(display.Bundle)             {}
func (c *cellOutput) Update(display.Bundle)              {}
func (c *cellOutput) Clear(bool)                         {}
func (c *cellOutput) Input(string, bool) (string, error) { return "", errors.New("no input") }

// runCells runs cells in a new session and returns what they print, and the last one's error.
func runCells(t *testing.T, cells ...string) (string, *session.Error) {
	t.Helper()
	s, err := session.New(session.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := &cellOutput{}
	var last *session.Error
	for i, c := range cells {
		last = s.Execute(session.Request{Code: c, Count: i + 1, Out: out}).Err
	}
	return out.text.String(), last
}

// TestPrograms runs testdata/*.go as cells. They must print what they print when the Go compiler builds them.
func TestPrograms(t *testing.T) {
	files, err := filepath.Glob("testdata/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no programs in testdata: %v", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			want := expected(t, f)
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			got, e := runCells(t, strings.Replace(string(src), "func main()", "func program()", 1)+"\nprogram()")
			if e != nil {
				t.Errorf("%s\n%s", e.Value, strings.Join(e.Traceback, "\n"))
			}
			compare(t, got, want)
		})
	}
}

func expected(t *testing.T, program string) string {
	t.Helper()
	file := strings.TrimSuffix(program, ".go") + ".out"
	if *update {
		out, err := exec.Command("go", "run", program).Output()
		if err != nil {
			t.Fatalf("go run %s: %v", program, err)
		}
		if err := os.WriteFile(file, out, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (record it with -update)", err)
	}
	return string(want)
}

func compare(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		a, b := "(missing)", "(missing)"
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Errorf("line %d: got %s\n                    want %s", i+1, a, b)
		}
	}
}
