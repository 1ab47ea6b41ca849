package symbols_test

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

// TestPackagesInCells runs programs that use the packages of the tables, group by group, as cells. They must print
// what they print when the Go compiler builds them.
func TestPackagesInCells(t *testing.T) {
	files, err := filepath.Glob("testdata/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no programs in testdata: %v", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			s, err := session.New(session.Options{})
			if err != nil {
				t.Fatal(err)
			}
			out := &cellOutput{}
			for i, cell := range []string{strings.Replace(string(src), "func main()", "func program()", 1), "program()"} {
				if r := s.Execute(session.Request{Code: cell, Count: i + 1, Out: out}); r.Err != nil {
					t.Fatalf("%s\n%s\nprinted so far:\n%s", r.Err.Value, strings.Join(r.Err.Traceback, "\n"), out.text.String())
				}
			}
			got, want := strings.Split(out.text.String(), "\n"), strings.Split(recorded(t, f), "\n")
			for i := range max(len(got), len(want)) {
				if i >= len(got) || i >= len(want) || got[i] != want[i] {
					t.Errorf("line %d: got %q, want %q", i+1, got[min(i, len(got)-1)], want[min(i, len(want)-1)])
				}
			}
		})
	}
}

func recorded(t *testing.T, program string) string {
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
