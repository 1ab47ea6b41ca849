package binary

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTemporary(t *testing.T) {
	for path, want := range map[string]bool{
		"/home/a/.cache/go-build/ab/cd-d/lyceum": true, "/somewhere/go-build123/b001/exe/lyceum": true, "/x/labtest.test": true,
		filepath.Join(os.TempDir(), "lyceum"): true, "/usr/local/bin/lyceum": false, "/home/a/go/bin/lyceum": false,
	} {
		if got := Temporary(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestCopyIsMadeOnceAndRefreshed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bin")
	path, err := CopyTo(dir)
	if err != nil || !Current(path) {
		t.Fatalf("%s: %v", path, err)
	}
	before, _ := os.Stat(path)
	if _, err := CopyTo(dir); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.Stat(path); !os.SameFile(before, after) {
		t.Error("an equal program was copied again")
	}
	if err := os.WriteFile(path, []byte("older"), 0o755); err != nil {
		t.Fatal(err)
	}
	if Current(path) {
		t.Error("an older program counts as current")
	}
	if _, err := CopyTo(dir); err != nil || !Current(path) {
		t.Errorf("not refreshed: %v", err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm()&0o100 == 0 {
		t.Errorf("the copy cannot be run: %v", err)
	}
}
