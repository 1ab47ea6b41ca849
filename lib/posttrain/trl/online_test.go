package trl

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lyceum/lib/posttrain"
	"lyceum/lib/rl"
)

// Runs of TRL's own trainers, recorded by testdata/record_online.py of package posttrain.
//
//go:embed testdata/online.json.gz
var onlineGZ []byte

// Against TRL, float32 against float32: relative at the first step and later, when Adam has divided small gradients by
// themselves; what is nearer than tooSmall is equal. Norms of all parameters are relative.
const (
	firstStep = 1e-4
	laterStep = 1e-3
	tooSmall  = 2e-6
	finalNorm = 1e-5
)

type recorded struct {
	Name, Method string
	Config       map[string]any
	Rows         []json.RawMessage
	Rollouts     []rl.Rollout
	Steps        []map[string]any
	FinalNorm    float64 `json:"final_norm"`
}

// recordings unpacks the models into a folder and returns the runs.
func recordings(t *testing.T) (root string, runs []recorded) {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(onlineGZ))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Models map[string]map[string][]byte
		Runs   []recorded
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	root = t.TempDir()
	for model, files := range all.Models {
		for name, b := range files {
			write(t, filepath.Join(root, model, name), b)
		}
	}
	return root, all.Runs
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func lines[T any](t *testing.T, list []T) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, x := range list {
		j, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(j, '\n'))
	}
	return b.Bytes()
}

// replay runs a recorded case.
func replay(t *testing.T, root string, c recorded) (*posttrain.Run, error) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "data.jsonl"), lines(t, c.Rows))
	write(t, filepath.Join(dir, "rollouts.jsonl"), lines(t, c.Rollouts))
	config := map[string]any{"model_name_or_path": filepath.Join(root, "base"), "dataset_name": filepath.Join(dir, "data.jsonl"), "output_dir": filepath.Join(dir, "out")}
	for k, v := range c.Config {
		config[k] = v
	}
	switch c.Method {
	case "distillation":
		config["teacher_model_name_or_path"] = filepath.Join(root, "teacher")
	case "ppo":
		config["reward_model_path"] = filepath.Join(root, "scorer")
	}
	j, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	x, err := Parse("config.yaml", j, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	x.Rollouts = filepath.Join(dir, "rollouts.jsonl")
	return Train(c.Method, x)
}

// differences lists where a run's metrics are not TRL's.
func differences(c recorded, r *posttrain.Run) (out []string) {
	for i, want := range c.Steps {
		if i >= len(r.Metrics) {
			return append(out, fmt.Sprintf("step %d is missing", i+1))
		}
		tolerance := laterStep
		if i == 0 {
			tolerance = firstStep
		}
		for k, v := range want {
			got, ok := r.Metrics[i][k]
			switch x := v.(type) {
			case float64:
				if d := math.Abs(got - x); !ok || !(d <= tooSmall || d <= tolerance*math.Abs(x)) {
					out = append(out, fmt.Sprintf("step %d: %s is %v (%v), want %v", i+1, k, got, ok, x))
				}
			case nil:
				if !ok || got == got {
					out = append(out, fmt.Sprintf("step %d: %s is %v, want none", i+1, k, got))
				}
			}
		}
	}
	return out
}

func TestOnlineTrainersEqualTRL(t *testing.T) {
	root, runs := recordings(t)
	for _, c := range runs {
		r, err := replay(t, root, c)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		for _, d := range differences(c, r) {
			t.Errorf("%s: %s", c.Name, d)
		}
		sum := 0.0
		for _, p := range r.Model.LM.Params() {
			for _, v := range p.Value.Data() {
				sum += float64(v) * float64(v)
			}
		}
		if norm := math.Sqrt(sum); math.Abs(norm-c.FinalNorm) > finalNorm*c.FinalNorm {
			t.Errorf("%s: the parameters end with the norm %v, want %v", c.Name, norm, c.FinalNorm)
		}
	}
}

func TestAPerturbedRolloutIsNoticed(t *testing.T) {
	root, runs := recordings(t)
	for _, c := range runs {
		for _, row := range c.Rollouts[0].Rows {
			row.CompletionIDs[0] = (row.CompletionIDs[0] + 7) % 200
		}
		r, err := replay(t, root, c)
		if err == nil && len(differences(c, r)) == 0 {
			t.Errorf("%s: other first tokens pass", c.Name)
		}
	}
}

func TestOnlineConfigErrors(t *testing.T) {
	root, runs := recordings(t)
	for want, change := range map[string]func(c *recorded){
		"GroupSize is 3, it must be a divisor":                     func(c *recorded) { c.Config["num_generations"] = 3 },
		"does not have the setting beta_x":                         func(c *recorded) { c.Config["beta_x"] = 1 },
		"Loss is grpoo":                                            func(c *recorded) { c.Config["loss_type"] = "grpoo" },
		"the file of rollouts has 1":                               func(c *recorded) { c.Rollouts = c.Rollouts[:1] },
		"rollout 1 has 8 rows, the settings make batches of 16":    func(c *recorded) { c.Config["gradient_accumulation_steps"] = 4; c.Config["steps_per_generation"] = 4 },
		"row 0 has an empty completion":                            func(c *recorded) { c.Rollouts[0].Rows[0].CompletionIDs = []int32{} },
		"reward_funcs: \"best\" is not known":                      func(c *recorded) { c.Config["reward_funcs"] = []string{"best"} },
		"needs a column solution":                                  func(c *recorded) { c.Config["reward_funcs"] = []string{"accuracy_reward"} },
		"set one of them, it decides the other":                    func(c *recorded) { c.Config["generation_batch_size"] = 8; c.Config["steps_per_generation"] = 3 },
		"RewardWeights has 3 weights, the rollouts have 2 rewards": func(c *recorded) { c.Config["reward_weights"] = []float64{1, 2, 3} },
	} {
		c := runs[0]
		c.Config = map[string]any{}
		for k, v := range runs[0].Config {
			c.Config[k] = v
		}
		b, _ := json.Marshal(runs[0].Rollouts)
		c.Rollouts = nil
		if err := json.Unmarshal(b, &c.Rollouts); err != nil {
			t.Fatal(err)
		}
		change(&c)
		if _, err := replay(t, root, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

// Recorded completions say themselves how long they are: TRL's default of 512 tokens is no matter for a model that reads fewer.
func TestRecordedCompletionsNeedNoRoom(t *testing.T) {
	root, runs := recordings(t)
	for _, c := range runs {
		if c.Method == "ppo" {
			continue
		}
		delete(c.Config, "max_completion_length")
		if r, err := replay(t, root, c); err != nil || len(differences(c, r)) > 0 {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}
