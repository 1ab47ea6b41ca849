package course

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

func files(a, b string) fstest.MapFS {
	return fstest.MapFS{"a.ipynb": {Data: []byte(a)}, "data/b.txt": {Data: []byte(b)}}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestUnpackKeepsWhatTheLearnerChanged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "course")
	if err := Unpack(dir, files("a1", "b1")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.ipynb"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // also when the same version starts again
		if err := Unpack(dir, files("a2", "b2")); err != nil {
			t.Fatal(err)
		}
		if got := read(t, dir, "a.ipynb"); got != "mine" {
			t.Errorf("the learner's notebook is now %q", got)
		}
		if got := read(t, dir, "data/b.txt"); got != "b2" {
			t.Errorf("an unchanged file stays old: %q", got)
		}
	}
	os.Remove(filepath.Join(dir, "a.ipynb"))
	if err := Unpack(dir, files("a3", "b3")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, dir, "a.ipynb"); got != "a3" {
		t.Errorf("a removed notebook does not come back: %q", got)
	}
}

func TestUnpackWithAnUnreadableRecordOverwritesNothing(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{record: "{", "a.ipynb": "mine"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := Unpack(dir, files("a1", "b1")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, dir, "a.ipynb"); got != "mine" {
		t.Errorf("the learner's notebook is now %q", got)
	}
}

func TestClone(t *testing.T) {
	dir := t.TempDir()
	inner := filepath.Join(dir, "notebooks", "x")
	if err := os.MkdirAll(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	for mod, want := range map[string]string{"module lyceum\n\ngo 1.26\n": filepath.Join(dir, "notebooks"), "module lyceumlike\n": "", "module other\n": ""} {
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := Clone(inner); got != want {
			t.Errorf("%q: %q, want %q", mod, got, want)
		}
	}
}
