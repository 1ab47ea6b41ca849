package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lyceum/lib/checkpoint"
	"lyceum/lib/transformer"
)

// mergedLogits is the tolerance against the logits of PEFT's merged models.
const mergedLogits = 2e-5

// What convert --adapter --merge writes, as a folder and as a GGUF file, computes what PEFT's merged model computes: LoRA,
// rsLoRA with patterns, DoRA, IA3, biases, and modules of the adapter's own, which part an output layer from its embedding.
func TestConvertMergesAsPEFT(t *testing.T) {
	files, _ := filepath.Glob("lib/checkpoint/testdata/adapters/*/golden.json")
	seen := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var g struct {
			Base   string
			Merged []float64
			IDs    [][]int32
		}
		if err := json.Unmarshal(data, &g); err != nil {
			t.Fatal(err)
		}
		if g.Merged == nil {
			continue
		}
		seen++
		base, adapter, out := filepath.Join("lib/checkpoint/testdata/families", g.Base), filepath.Dir(file), t.TempDir()
		for name, load := range map[string]func(string) (*transformer.LM, error){"folder": checkpoint.Load, "file.gguf": checkpoint.LoadGGUF} {
			to := filepath.Join(out, name)
			if strings.HasSuffix(to, ".gguf") && (g.Base == "gemma3" || g.Base == "qwen2") {
				continue // they have settings that the format has no place for: TestWhatAGGUFCannotTell
			}
			if code, _, errs := lyceum(t, "", "convert", base, to, "--type", "F32", "--adapter", adapter, "--merge"); code != 0 || !strings.Contains(errs, "has no tokenizer") {
				t.Fatalf("%s to a %s: %s", adapter, name, errs)
			}
			m, err := load(to)
			if err != nil {
				t.Fatal(err)
			}
			b := transformer.Pad([][]int32{g.IDs[0], g.IDs[1][:7]}, 0)
			for i, z := range m.Logits(b).Data() {
				if at := i / m.Config.Vocab; b.Segments[at] >= 0 && !(math.Abs(float64(z)-g.Merged[i]) <= mergedLogits) {
					t.Errorf("%s as a %s: logit %d is %v, PEFT has %v", adapter, name, i, z, g.Merged[i])
					break
				}
			}
		}
	}
	if seen < 8 {
		t.Errorf("%d adapters were merged", seen)
	}
}

// What cannot be converted leaves no folders behind, and those that were there alone.
func TestAConversionThatFailsLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	kept := filepath.Join(dir, "kept")
	if err := os.Mkdir(kept, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{"kept/a/b/model.gguf", "kept/a/b/folder", "kept"} {
		if err := convert(filepath.Join(dir, "no-such-model"), filepath.Join(dir, out), "", "", ""); err == nil {
			t.Fatalf("%s: no error", out)
		}
		if err := convert("lib/checkpoint/testdata/families/llama", filepath.Join(dir, out), "", "", "no-such-tokenizer"); err == nil {
			t.Fatalf("%s: without its tokenizer: no error", out)
		}
		if in, err := os.ReadDir(kept); err != nil || len(in) > 0 {
			t.Errorf("%s: left behind: %v, %v", out, in, err)
		}
	}
}
