package posttrain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTwoRunsInOneFolder(t *testing.T) {
	dir := t.TempDir()
	train := func(c Callback) error {
		_, err := SFT(tiny(t), dataOf(t, "text"), SFTConfig{MaxSteps: 2, BatchSize: 4, Loop: Loop{OutputDir: dir, Callbacks: []Callback{c}}})
		return err
	}
	nothing := func(Event) error { return nil }
	var second error
	if err := train(func(e Event) error {
		if e.Kind == "step" && e.Step == 1 {
			second = train(nothing)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if second == nil || !strings.Contains(second.Error(), "OutputDir: another run is writing into "+dir) {
		t.Errorf("the second run: %v", second)
	}
	if n := strings.Count(read(t, dir, "metrics.jsonl"), "\n"); n != 2 {
		t.Errorf("%d lines of metrics, want the 2 of the first run", n)
	}
	if err := train(nothing); err != nil {
		t.Errorf("a run after the first: %v", err)
	}
}

// A kill while a checkpoint is replaced or removed leaves whole checkpoints: here are the folders of every such instant.
func TestKillsAroundTheRenamesOfACheckpoint(t *testing.T) {
	train := func(dir string, l Loop) *Run {
		l.OutputDir, l.SaveSteps, l.SaveKeep = dir, 1, 1
		r, err := SFT(tiny(t), dataOf(t, "text"), SFTConfig{LearningRate: 1e-3, MaxSteps: 4, BatchSize: 4, Loop: l})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	want := train(t.TempDir(), Loop{})
	for name, kill := range map[string]func(at func(string) string){
		"between the two renames": func(at func(string) string) {
			os.Rename(at("checkpoint-3"), at(replaced+"checkpoint-3"))
			os.MkdirAll(at(".writing-checkpoint-3"), 0o755)
		},
		"before the old one goes": func(at func(string) string) {
			os.CopyFS(at(replaced+"checkpoint-3"), os.DirFS(at("checkpoint-3")))
			os.Remove(at(replaced + "checkpoint-3/" + momentFile))
		},
		"while one is removed": func(at func(string) string) {
			os.MkdirAll(at(discarded+"checkpoint-2"), 0o755)
			os.WriteFile(at(discarded+"checkpoint-2/"+stateFile), nil, 0o644)
		},
		"while one is written": func(at func(string) string) {
			os.MkdirAll(at(".writing-checkpoint-4"), 0o755)
			os.WriteFile(at(".writing-checkpoint-4/"+stateFile), []byte("{"), 0o644)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			train(dir, Loop{Callbacks: []Callback{after(3)}})
			kill(func(x string) string { return filepath.Join(dir, x) })
			sameNumbers(t, want, train(dir, Loop{Resume: "last"}))
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if n := e.Name(); strings.HasPrefix(n, ".") || strings.HasPrefix(n, prefix) && n != "checkpoint-4" {
					t.Errorf("%s is left over", n)
				}
			}
		})
	}
}
