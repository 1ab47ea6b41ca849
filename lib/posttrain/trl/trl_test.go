package trl

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lyceum/lib/posttrain"
)

//go:embed testdata/trl.json
var goldenJSON []byte

// Tolerances against TRL's own runs, relative: Adam divides the tiny gradients of the first steps by themselves, so that what
// differs in the last bit at step 1 differs by more later.
const (
	firstTolerance = 1e-4
	laterTolerance = 1e-3
	smallest       = 2e-6 // what is called 0
)

type goldenCase struct {
	Method, Data string
	Config       map[string]any
	Steps        []map[string]*float64
}

func readGolden(t *testing.T) (common map[string]any, cases map[string]goldenCase) {
	t.Helper()
	var g struct {
		Common map[string]any
		Cases  map[string]goldenCase
	}
	if err := json.Unmarshal(goldenJSON, &g); err != nil {
		t.Fatal(err)
	}
	return g.Common, g.Cases
}

// config is the text of a config for a case.
func config(t *testing.T, common map[string]any, c goldenCase, more map[string]any) []byte {
	t.Helper()
	model := "testdata/model"
	if c.Method == "reward" && c.Config["model"] == nil {
		model = "testdata/scorer"
	}
	all := map[string]any{"model_name_or_path": model, "dataset_name": filepath.Join("testdata/data", c.Data), "output_dir": t.TempDir()}
	for _, m := range []map[string]any{common, c.Config, more} {
		maps.Copy(all, m)
	}
	delete(all, "model")
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func run(t *testing.T, method string, text []byte) (*posttrain.Run, []map[string]*float64) {
	t.Helper()
	c, err := Parse("config.yaml", text, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Train(method, c)
	if err != nil {
		t.Fatal(err)
	}
	return r, logged(t, c.String("output_dir", ""))
}

// logged reads metrics.jsonl.
func logged(t *testing.T, dir string) []map[string]*float64 {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]*float64
	for _, l := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var m map[string]*float64
		if err := json.Unmarshal([]byte(l), &m); err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

// differs says where a run departs from TRL's.
func differs(want, got []map[string]*float64) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d log lines, want %d", len(got), len(want))
	}
	for i, w := range want {
		tolerance := laterTolerance
		if i == 0 {
			tolerance = firstTolerance
		}
		for _, k := range slices.Sorted(maps.Keys(w)) {
			v, g := w[k], got[i][k]
			if g == nil {
				return fmt.Sprintf("line %d has no %s", i+1, k)
			}
			if d := math.Abs(*g - *v); d > smallest && d > tolerance*math.Abs(*v) {
				return fmt.Sprintf("line %d: %s is %v, TRL has %v", i+1, k, *g, *v)
			}
		}
		for k := range got[i] {
			if _, ok := w[k]; !ok && k != "epoch" && k != "step" && !strings.HasSuffix(k, "_runtime") && !strings.HasSuffix(k, "_per_second") {
				return fmt.Sprintf("line %d: TRL does not log %s", i+1, k)
			}
		}
	}
	return ""
}

// TestRunsEqualTRL runs every case of testdata/make.py as the command train does and holds each logged metric against TRL's.
func TestRunsEqualTRL(t *testing.T) {
	common, cases := readGolden(t)
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		c := cases[name]
		t.Run(name, func(t *testing.T) {
			_, got := run(t, c.Method, config(t, common, c, nil))
			if d := differs(c.Steps, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAPerturbedGoldenFails(t *testing.T) {
	common, cases := readGolden(t)
	c := cases["dpo/hinge"]
	_, got := run(t, c.Method, config(t, common, c, nil))
	*c.Steps[2]["rewards/margins"] *= 1.01
	if differs(c.Steps, got) == "" {
		t.Error("a golden value that is 1% off passes")
	}
}
