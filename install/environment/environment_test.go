package environment

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lyceum/install/filelock"
)

func TestReadyNeedsMarkerAndPython(t *testing.T) {
	cache := t.TempDir()
	dir := Lab.Dir(cache)
	touch := func(p string) {
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if Lab.Ready(cache) {
		t.Error("ready without anything")
	}
	touch(Program(dir, "python"))
	if Lab.Ready(cache) {
		t.Error("ready without the marker: it may have been cut off")
	}
	touch(filepath.Join(dir, marker))
	if !Lab.Ready(cache) {
		t.Error("not ready")
	}
	os.Remove(Program(dir, "python"))
	if Lab.Ready(cache) {
		t.Error("ready without its Python")
	}
}

// TestWaitingForAnotherProcessCanBeInterrupted has somebody else set up the environment for ever.
func TestWaitingForAnotherProcessCanBeInterrupted(t *testing.T) {
	cache := t.TempDir()
	lock, err := filelock.Lock(context.Background(), Lab.Dir(cache)+".lock", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	said := &waitedFor{cancel: cancel}
	if _, err := Ensure(ctx, cache, Lab, said); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(said.text, "another process") {
		t.Errorf("it said %q", said.text)
	}
}

// waitedFor interrupts when something is said.
type waitedFor struct {
	text   string
	cancel func()
}

func (w *waitedFor) Write(p []byte) (int, error) {
	w.text += string(p)
	w.cancel()
	return len(p), nil
}

// TestEveryPackageIsPinnedWithHashes also keeps addresses of package indexes out of the list.
func TestEveryPackageIsPinnedWithHashes(t *testing.T) {
	if n := Lab.packages(); n < 50 {
		t.Fatalf("only %d packages", n)
	}
	hashed := regexp.MustCompile(`^[A-Za-z0-9._-]+==[^ ]+( ; [^\\]+)? \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+`)
	text := string(Lab.Text)
	for len(text) > 0 {
		m := hashed.FindString(text)
		if m == "" {
			t.Fatalf("not a pinned package with hashes: %.200q", text)
		}
		text = text[len(m):]
	}
	if strings.Contains(string(Lab.Text), "://") {
		t.Error("the list names an address")
	}
}

func TestClean(t *testing.T) {
	got := Clean([]string{"PATH=p", "PYTHONPATH=x", "VIRTUAL_ENV=v", "PIP_USER=1", "PIP_INDEX_URL=i", "PythonHome=h"})
	if !slices.Equal(got, []string{"PATH=p", "PIP_INDEX_URL=i"}) {
		t.Error(got)
	}
}

// TestUnreachable has what pip and uv say without a network, and what pip says of a package that is not there.
func TestUnreachable(t *testing.T) {
	for line, want := range map[string]bool{
		"WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError('<pip>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/anyio/": true,
		"  Caused by: error sending request for url (https://example.org/simple/anyio/)":       true,
		"ERROR: No matching distribution found for anyio==4.16.0":                              false,
		"ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you ...": false,
	} {
		var l tail
		l.add("Collecting anyio==4.16.0")
		l.add(line)
		l.add("ERROR: No matching distribution found for anyio==4.16.0")
		if got := l.unreachable(); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}
