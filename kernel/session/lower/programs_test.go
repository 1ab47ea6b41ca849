package lower_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lyceum/kernel/session/lower/internal/program"
)

// The programs of testdata are whole Go programs. What real Go prints for
// NAME.go is kept in NAME.out; record it again with
//
//	go test ./kernel/session/lower -run Programs -update
var update = flag.Bool("update", false, "record the output of real Go")

func TestPrograms(t *testing.T) {
	files, err := filepath.Glob("testdata/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no programs in testdata", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".go"), func(t *testing.T) { testProgram(t, f) })
	}
}

func testProgram(t *testing.T, file string) {
	golden := strings.TrimSuffix(file, ".go") + ".out"
	if *update {
		out, err := exec.Command("go", "run", file).Output()
		if err != nil {
			t.Fatalf("go run %s: %v", file, err)
		}
		if err := os.WriteFile(golden, out, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got, lowered bytes.Buffer
	if err := program.Run(file, string(src), &got, &lowered); err != nil {
		t.Errorf("%v", err)
	}
	if got.String() != string(want) {
		t.Errorf("first difference %s", difference(got.String(), string(want)))
	}
	if t.Failed() && testing.Verbose() {
		t.Log(lowered.String())
	}
}

// difference names the first line in which two outputs differ.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		a, b := "(end)", "(end)"
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return "\ngot  " + a + "\nwant " + b
		}
	}
	return "none"
}
