package zoo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lyceum/lib/checkpoint"
	"lyceum/lib/tokenize"
	"lyceum/lib/transformer"
)

// SmolLM2 loads SmolLM2-135M-Instruct (Allal et al. 2025, arXiv:2502.02737): 30 layers of width 576, 49152 tokens, taught to
// answer in ChatML. It has to be fetched once, by the command "lyceum get smollm2-135m-instruct"; the error says so.
func SmolLM2() (*Model, error) { return Load("smollm2-135m-instruct") }

// Load reads a model: a Hugging Face folder, a GGUF file, a short name such as "smollm2-135m-instruct", or owner/name or
// owner/name@revision of the Hugging Face hub. Names are looked up in the caches of this machine (Folder, HubCache); nothing
// is fetched: an error says the command that does.
func Load(name string) (*Model, error) { return load(name, true) }

// from notes what a model was read from.
func from(name string) func(*Model, error) (*Model, error) {
	return func(m *Model, err error) (*Model, error) {
		if err == nil {
			m.Origin = name
		}
		return m, err
	}
}

// LoadWeights is Load of a model that may have no tokenizer: Tok is nil then.
func LoadWeights(name string) (*Model, error) { return load(name, false) }

func load(name string, text bool) (*Model, error) {
	where, err := Find(name)
	if err != nil {
		return nil, err
	}
	st, err := os.Stat(where)
	if err != nil {
		return nil, fmt.Errorf("zoo.Load: %w", err)
	}
	if !st.IsDir() {
		return from(name)(loadGGUF(name, where, text))
	}
	m, err := from(name)(loadFolder(name, where, text))
	if err != nil {
		return nil, err
	}
	m.Generation, err = readGeneration(where)
	return m, err
}

// Find returns the folder or the GGUF file that Load reads for a name.
func Find(name string) (string, error) {
	if st, err := os.Stat(name); err == nil {
		if !st.IsDir() && !strings.EqualFold(filepath.Ext(name), ".gguf") {
			return "", fmt.Errorf("zoo.Load: %s is not a model: a Hugging Face folder or a .gguf file is", name)
		}
		return name, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("zoo.Load: %w", err)
	}
	if s, ok := Named(name); ok {
		return findNamed(s)
	}
	repo, revision, ok := ParseRepo(name)
	if !ok || strings.HasPrefix(name, ".") || filepath.IsAbs(name) || strings.EqualFold(filepath.Ext(name), ".gguf") {
		if ok || strings.ContainsAny(name, `/\.`) {
			return "", fmt.Errorf("zoo.Load: there is no file or folder %s", name)
		}
		return "", fmt.Errorf("zoo.Load: there is no model %q: a folder, a .gguf file, owner/name of the Hugging Face hub, or one of the names %s", name, names())
	}
	cache, err := HubCache()
	if err != nil {
		return "", fmt.Errorf("zoo.Load: %w", err)
	}
	if dir, ok := cachedSnapshot(cache, repo, revision); ok {
		if where, ok := usable(dir); ok {
			return where, nil
		}
	}
	return "", missing(name)
}

// findNamed looks for a short name: the file of its package, then the hub's cache.
func findNamed(s Source) (string, error) {
	file, err := s.path()
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	cache, err := HubCache()
	if err != nil {
		return "", err
	}
	if dir, ok := cachedSnapshot(cache, s.Repo, "main"); ok {
		if where, ok := usable(dir); ok {
			return where, nil
		}
	}
	return "", missing(s.Name)
}

// ErrMissing is a model that has a name and is not on this machine.
var ErrMissing = errors.New("the model is not on this machine")

func missing(name string) error {
	return fmt.Errorf("zoo.Load: %s: %w yet. Fetch it once with the command\n    lyceum get %s\n(from a clone: go run . get %s)", name, ErrMissing, name, name)
}

func names() string {
	var list []string
	for _, s := range Sources {
		list = append(list, s.Name)
	}
	return strings.Join(list, ", ")
}

func loadFolder(name, folder string, text bool) (*Model, error) {
	if _, err := os.Stat(filepath.Join(folder, "config.json")); errors.Is(err, fs.ErrNotExist) {
		if file, ok := usable(folder); ok {
			return loadGGUF(name, file, text)
		}
	}
	_, err := os.Stat(filepath.Join(folder, "tokenizer.json"))
	if !text && errors.Is(err, fs.ErrNotExist) {
		lm, err := checkpoint.Load(folder)
		if err != nil {
			return nil, err
		}
		return &Model{Name: short(name), LM: lm, folder: folder}, nil
	}
	lm, tok, err := both(func() (*transformer.LM, error) { return checkpoint.Load(folder) }, func() (*tokenize.Tokenizer, error) {
		tok, err := tokenize.FromFolder(folder)
		if err != nil {
			return nil, fmt.Errorf("zoo.Load: %w", err)
		}
		return tok, nil
	})
	if err != nil {
		return nil, err
	}
	m := &Model{Name: short(name), LM: lm, Tok: tok, folder: folder, read: tok}
	return m, m.agrees(folder)
}

func loadGGUF(name, file string, text bool) (*Model, error) {
	g, err := checkpoint.OpenGGUF(file)
	if err != nil {
		return nil, err
	}
	if model := g.Meta["tokenizer.ggml.model"]; !text && (model == nil || model == noVocabulary) {
		lm, err := g.LM()
		if err != nil {
			return nil, err
		}
		return &Model{Name: short(name), LM: lm, said: saidBy(g)}, nil
	}
	lm, tok, err := both(g.LM, func() (*tokenize.Tokenizer, error) { return tokenize.FromGGUF(file, g.Meta) })
	if err != nil {
		return nil, err
	}
	m := &Model{Name: short(name), LM: lm, Tok: tok, said: saidBy(g), read: tok}
	return m, m.agrees(file)
}

// both reads weights and, meanwhile, a vocabulary, which takes one processor about as long. An error of the weights comes first.
func both(weights func() (*transformer.LM, error), text func() (*tokenize.Tokenizer, error)) (*transformer.LM, *tokenize.Tokenizer, error) {
	var tok *tokenize.Tokenizer
	var wrong error
	var panicked any
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { panicked = recover() }() // the caller's goroutine is the one that knows what to do with it
		tok, wrong = text()
	}()
	lm, err := weights()
	<-done
	switch {
	case err != nil:
		return nil, nil, err
	case panicked != nil:
		panic(panicked)
	}
	return lm, tok, wrong
}

// noVocabulary is what llama.cpp calls a file without a tokenizer.
const noVocabulary = "no_vocab"

// agrees checks that every token has a row in the model. A model may have more rows than tokens.
func (m *Model) agrees(where string) error {
	if m.Tok.Size() > m.LM.Config.Vocab {
		return fmt.Errorf("zoo.Load: the tokenizer of %s has %d tokens, the model knows %d", where, m.Tok.Size(), m.LM.Config.Vocab)
	}
	return nil
}

// short is what a model is called.
func short(name string) string {
	base := filepath.Base(name)
	if strings.EqualFold(filepath.Ext(base), ".gguf") {
		return base[:len(base)-len(".gguf")]
	}
	return base
}
