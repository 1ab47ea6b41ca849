package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestOwnPackagesAreUpToDate generates the data of this module's packages again. They must be those that are embedded.
func TestOwnPackagesAreUpToDate(t *testing.T) {
	dir := t.TempDir()
	if err := run(dir, true); err != nil {
		t.Fatal(err)
	}
	const hint = "the exported API has changed: run  go run ./kernel/symbols/gen -own"
	now, old := tablesIn(t, filepath.Join(dir, "own")), tablesIn(t, "../own")
	for name, text := range now {
		if !bytes.Equal(text, old[name]) {
			t.Errorf("own/%s is out of date; %s", name, hint)
		}
		delete(old, name)
	}
	for name := range old {
		t.Errorf("own/%s belongs to no package any more; %s", name, hint)
	}
	nowData, oldData := filesIn(t, filepath.Join(dir, "data", "own.zip")), filesIn(t, "../data/own.zip")
	for name, text := range nowData {
		if !bytes.Equal(text, oldData[name]) {
			t.Errorf("data/own.zip: %s is out of date; %s", name, hint)
		}
		delete(oldData, name)
	}
	for name := range oldData {
		t.Errorf("data/own.zip: %s belongs to no package any more; %s", name, hint)
	}
}

func tablesIn(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "z_*.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(n)] = b
	}
	return out
}

func filesIn(t *testing.T, archive string) map[string][]byte {
	t.Helper()
	z, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return out
}
