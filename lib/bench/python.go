package bench

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"lyceum/lib/internal/compute"
)

//go:embed peers/torch_peer.py
var torchScript []byte

//go:embed peers/numpy_peer.py
var numpyScript []byte

// Python is PyTorch, Transformers and numpy of one Python environment.
type Python struct {
	ctx             context.Context
	program, folder string
	shared          map[string]*process // by way: what does short work whose memory is of no interest, one after another
	Version         string              // of PyTorch
	transformers    bool
}

// FindPython looks for a Python with PyTorch: the given program or, if that is empty, python3 on PATH.
func FindPython(ctx context.Context, program string) (*Python, error) {
	const do = "install it with 'python3 -m venv ENV && ENV/bin/pip install torch transformers numpy' and say --against python=ENV/bin/python"
	if program == "" {
		program = "python3"
		if runtime.GOOS == "windows" {
			program = "python"
		}
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("there is no Python at %q: %s", program, do)
	}
	out, err := exec.CommandContext(ctx, path, "-c", "import importlib.util as u, torch; print(torch.__version__, u.find_spec('transformers') is not None)").Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	words := strings.Fields(string(out))
	if err != nil || len(words) != 2 {
		return nil, fmt.Errorf("%s has no PyTorch: %s", path, do)
	}
	p := &Python{ctx: ctx, shared: map[string]*process{}, program: path, Version: words[0], transformers: words[1] == "True"}
	if p.folder, err = os.MkdirTemp("", "lyceum-bench-"); err != nil {
		return nil, err
	}
	err = errors.Join(os.WriteFile(filepath.Join(p.folder, "torch_peer.py"), torchScript, 0o600), os.WriteFile(filepath.Join(p.folder, "numpy_peer.py"), numpyScript, 0o600),
		os.WriteFile(filepath.Join(p.folder, "trl_peer.py"), trlScript, 0o600))
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *Python) close() {
	for _, c := range p.shared {
		c.close()
	}
	os.RemoveAll(p.folder)
}

// malloc keeps freed memory in the process: glibc's defaults give large blocks back to the system and take them again,
// page by page, in every step. PyTorch users who know set these.
var malloc = []string{"MALLOC_TRIM_THRESHOLD_=100000000000", "MALLOC_MMAP_THRESHOLD_=100000000000"}

func (p *Python) ways(c Case, o Options) map[string]func(context.Context) (side, error) {
	if c.trl != nil {
		return p.trlWays(c, o)
	}
	out := map[string]func(context.Context) (side, error){}
	if c.torch == nil {
		return out
	}
	if c.torch["model"] == "llama" && !p.transformers {
		o.Note(c.Name + ": this Python has no transformers ('pip install transformers')")
		return out
	}
	add := func(name, script string, compile bool, env ...string) {
		out[name] = func(ctx context.Context) (side, error) {
			return p.open(ctx, name, script, c.torch, c.once, compile, o, env)
		}
	}
	const plain, tuned = "torch", "torch, malloc tuned"
	switch op := c.torch["op"]; {
	case op == "gemm": // its memory is there before
		add(plain, "torch_peer.py", false)
		if c.Precision == "float32" {
			add("numpy", "numpy_peer.py", false)
		}
	case op == "rollout": // too long to be tried in several ways
		add(tuned, "torch_peer.py", false, malloc...)
	default:
		add(plain, "torch_peer.py", false)
		add(tuned, "torch_peer.py", false, malloc...)
		if op == "train" {
			add("torch compiled", "torch_peer.py", true)
			add("torch compiled, malloc tuned", "torch_peer.py", true, malloc...)
		}
	}
	return out
}

func (p *Python) open(ctx context.Context, name, script string, work spec, once, compile bool, o Options, env []string) (side, error) {
	s := spec{"compile": compile, "once": once, "quick": o.Quick, "threads": compute.Workers()}
	for k, v := range work {
		s[k] = v
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	threads := fmt.Sprint(compute.Workers())
	env = append([]string{"OMP_NUM_THREADS=" + threads, "OPENBLAS_NUM_THREADS=" + threads, "TORCHINDUCTOR_COMPILE_THREADS=1", "HF_HUB_OFFLINE=1", "TOKENIZERS_PARALLELISM=false"}, env...)
	command := []string{p.program, filepath.Join(p.folder, script)}
	if once {
		child, _, err := start(ctx, name, append(command, string(text)), env)
		if err != nil {
			return nil, err
		}
		return child, nil
	}
	if known := p.shared[name]; known != nil {
		if err := known.prepare(ctx, text); err == nil {
			return borrowed{known}, nil
		}
		known.close() // it may be its memory, or what was done before; a new one says whether it is this work
		delete(p.shared, name)
	}
	child, _, err := start(p.ctx, name, append(command, string(text)), env)
	if err != nil {
		return nil, err
	}
	p.shared[name] = child
	return borrowed{child}, nil
}

// borrowed is a process that goes on to live; its peak memory says nothing about one figure.
type borrowed struct{ process *process }

func (b borrowed) close() {}

func (b borrowed) round() (sample, error) {
	s, err := b.process.round()
	s.RSSMB = 0
	return s, err
}
