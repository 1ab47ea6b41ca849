package trl

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"testing"
)

// noiseErrors is how many standard errors the means of two runs with other noise may be apart.
const noiseErrors = 5

type noisy struct {
	Method, Data string
	Config       fields
	Metrics      map[string][2]float64 // mean and standard error
}

// apart lists the metrics whose means over a run are not those of TRL's run.
func (c noisy) apart(t *testing.T) (out []string) {
	t.Helper()
	config := fields{"model_name_or_path": "testdata/model", "dataset_name": "testdata/data/" + c.Data, "output_dir": t.TempDir(), "bf16": false, "save_strategy": "no"}
	if c.Method == "reward" {
		config["model_name_or_path"] = "testdata/scorer"
	}
	x, err := Parse("config.yaml", text(t, config, c.Config), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Train(c.Method, x)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Metrics)) {
		values, n := r.Column(name), float64(len(r.Metrics))
		mean, square := 0.0, 0.0
		for _, v := range values {
			mean += v / n
		}
		for _, v := range values {
			square += (v - mean) * (v - mean)
		}
		want := c.Metrics[name]
		off := (mean - want[0]) / math.Hypot(want[1], math.Sqrt(square/(n-1)/n))
		if !(math.Abs(off) <= noiseErrors) {
			out = append(out, fmt.Sprintf("%s is %.4g in the mean, in TRL %.4g: %.1f standard errors", name, mean, want[0], off))
		}
	}
	return out
}

// Random numbers are others than PyTorch's, so what is compared is the mean over fifty passes in which only the noise differs:
// testdata/neftune.py. The noise acts in the policy, in a reference that is the policy without its adapter, and in KTO's
// mismatched completions.
func TestNEFTuneActsAsInTRL(t *testing.T) {
	data, err := os.ReadFile("testdata/neftune.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Cases map[string]noisy }
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) == 0 {
		t.Fatal("there are no cases")
	}
	for name, c := range golden.Cases {
		for _, d := range c.apart(t) {
			t.Errorf("%s: %s", name, d)
		}
		c.Config = maps.Clone(c.Config)
		c.Config["neftune_noise_alpha"] = 0.3 * c.Config["neftune_noise_alpha"].(float64)
		if c.apart(t) == nil {
			t.Errorf("%s: less noise passes", name)
		}
	}
}
