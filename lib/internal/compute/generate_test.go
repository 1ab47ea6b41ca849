package compute

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGeneratedFilesAreCurrent runs the generator elsewhere and compares what it writes with what is here.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "gen.exe")
	if out, err := exec.Command("go", "build", "-o", program, "./gen").CombinedOutput(); err != nil {
		t.Fatalf("build the generator: %v\n%s", err, out)
	}
	run := exec.Command(program)
	run.Dir = filepath.Join(dir, "out")
	if err := os.Mkdir(run.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("run the generator: %v\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(run.Dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, f := range files {
		want, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		have, err := os.ReadFile(filepath.Base(f))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bytes.ReplaceAll(have, []byte("\r\n"), []byte("\n")), want) {
			t.Errorf("%s is not what gen writes: run go generate", filepath.Base(f))
		}
	}
}
