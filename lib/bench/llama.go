package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"lyceum/lib/internal/compute"
)

// llamaWork is a figure as llama.cpp's own tools measure it.
type llamaWork struct {
	model                   shape
	weights, tool           string
	prompt, generate, batch int
	depth                   int // tokens that are there before, of llama-bench
}

// Llama is a build of llama.cpp. It gets the same model as a file that this package writes, with random weights.
type Llama struct {
	dir, folder string
	models      map[string]string
}

// FindLlama looks for llama-bench and llama-batched-bench in a folder, or on PATH if that is empty.
func FindLlama(dir string) (*Llama, error) {
	l := &Llama{dir: dir, models: map[string]string{}}
	for _, tool := range []string{"llama-bench", "llama-batched-bench"} {
		if _, err := exec.LookPath(l.tool(tool)); err != nil {
			return nil, fmt.Errorf("there is no %s in %q: build llama.cpp (cmake --build BUILD --target llama-bench llama-batched-bench) and say --against llama.cpp=BUILD/bin", tool, dir)
		}
	}
	var err error
	l.folder, err = os.MkdirTemp("", "lyceum-bench-")
	return l, err
}

func (l *Llama) tool(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if l.dir == "" {
		return name
	}
	return filepath.Join(l.dir, name)
}

func (l *Llama) close() { os.RemoveAll(l.folder) }

func (l *Llama) ways(c Case, o Options) map[string]func(context.Context) (side, error) {
	if c.llama == nil {
		return nil
	}
	out := map[string]func(context.Context) (side, error){}
	for name, flash := range map[string]string{"llama.cpp": "on", "llama.cpp, no flash attention": "off"} {
		out[name] = func(ctx context.Context) (side, error) {
			file, err := l.model(c.llama.model, c.llama.weights)
			if err != nil {
				return nil, err
			}
			return &llamaRun{ctx: ctx, args: append(c.llama.command(l, file), "-fa", flash), work: c.llama, tokens: c.Work.Tokens}, nil
		}
	}
	return out
}

// model writes the file of a model, once.
func (l *Llama) model(c shape, weights string) (string, error) {
	if f := l.models[weights]; f != "" {
		return f, nil
	}
	file := filepath.Join(l.folder, weights+".gguf")
	if err := writeGGUF(file, c, weights); err != nil {
		return "", err
	}
	l.models[weights] = file
	return file, nil
}

func (w *llamaWork) command(l *Llama, file string) []string {
	threads := fmt.Sprint(compute.Workers())
	if w.tool == "llama-bench" {
		return []string{l.tool(w.tool), "-m", file, "-t", threads, "-p", fmt.Sprint(w.prompt), "-n", fmt.Sprint(w.generate), "-d", fmt.Sprint(w.depth), "-r", "1", "-o", "json"}
	}
	room := w.batch * (w.prompt + w.generate)
	return []string{l.tool(w.tool), "-m", file, "-t", threads, "-tb", threads, "-c", fmt.Sprint(room), "-npp", fmt.Sprint(w.prompt), "-ntg", fmt.Sprint(w.generate),
		"-npl", fmt.Sprint(w.batch), "--output-format", "jsonl"}
}

// llamaRun starts the tool for each round; the tool warms up by itself and measures without loading the model.
type llamaRun struct {
	ctx    context.Context
	args   []string
	work   *llamaWork
	tokens float64 // of our side
}

func (r *llamaRun) close() {}

func (r *llamaRun) round() (sample, error) {
	cmd := exec.CommandContext(r.ctx, r.args[0], r.args[1:]...)
	apart(cmd)
	var out bytes.Buffer
	var complaint tail
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return sample{}, fmt.Errorf("%s: %v: %s", r.work.tool, err, &complaint)
	}
	rate, err := r.work.rate(out.Bytes())
	if err != nil {
		return sample{}, err
	}
	return sample{Seconds: r.tokens / rate, RSSMB: childRSS(cmd.ProcessState)}, nil
}

// rate reads tokens a second from what the tool printed; of a batch it is the new tokens over all the time.
func (w *llamaWork) rate(out []byte) (float64, error) {
	if w.tool == "llama-bench" {
		var list []struct {
			Rate float64 `json:"avg_ts"`
		}
		if err := json.Unmarshal(out, &list); err != nil || len(list) == 0 || !(list[0].Rate > 0) {
			return 0, fmt.Errorf("%s: its answer has no avg_ts", w.tool)
		}
		return list[0].Rate, nil
	}
	for _, line := range strings.Split(string(out), "\n") {
		var s struct {
			Batch  float64 `json:"pl"`
			New    float64 `json:"tg"`
			Prompt float64 `json:"t_pp"`
			Answer float64 `json:"t_tg"`
		}
		if strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), &s) == nil && s.Prompt+s.Answer > 0 && s.New > 0 {
			return s.Batch * s.New / (s.Prompt + s.Answer), nil
		}
	}
	return 0, fmt.Errorf("%s: its answer has no line with pl, tg, t_pp and t_tg", w.tool)
}
