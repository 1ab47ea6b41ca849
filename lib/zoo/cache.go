package zoo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// HubCache is the folder of models from the hub, Hugging Face's own: HF_HUB_CACHE, else hub in HF_HOME, else
// ~/.cache/huggingface/hub (XDG_CACHE_HOME counts). In it
//
//	models--OWNER--NAME/blobs/HASH                  the files
//	models--OWNER--NAME/snapshots/COMMIT/FILE       links to them under their names
//	models--OWNER--NAME/refs/REVISION               the commit of a branch or tag
//
// so that what huggingface_hub has fetched is found here, and the other way round.
func HubCache() (string, error) {
	for _, v := range []string{"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"} {
		if d := os.Getenv(v); d != "" {
			return expand(d)
		}
	}
	home, err := hubHome()
	return filepath.Join(home, "hub"), err
}

// hubHome is the folder of the cache and of the token.
func hubHome() (string, error) {
	if d := os.Getenv("HF_HOME"); d != "" {
		return expand(d)
	}
	if d := os.Getenv("XDG_CACHE_HOME"); d != "" {
		return filepath.Join(d, "huggingface"), nil
	}
	return expand("~/.cache/huggingface")
}

// expand puts the home folder in place of a leading ~.
func expand(d string) (string, error) {
	if rest, ok := strings.CutPrefix(d, "~"); ok && (rest == "" || rest[0] == '/' || rest[0] == filepath.Separator) {
		h, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("your home folder is not known (%w): set HOME, or HF_HOME for the hub's cache", err)
		}
		return filepath.Join(h, rest), nil
	}
	return filepath.Abs(d)
}

// repoFolder is where the cache keeps a model.
func repoFolder(cache, repo string) string {
	return filepath.Join(cache, "models--"+strings.ReplaceAll(repo, "/", "--"))
}

// cachedSnapshot finds the folder of a revision in the hub's cache, complete or not.
func cachedSnapshot(cache, repo, revision string) (string, bool) {
	folder := repoFolder(cache, repo)
	commit := revision
	if b, err := os.ReadFile(filepath.Join(folder, "refs", filepath.FromSlash(revision))); err == nil {
		commit = strings.TrimSpace(string(b))
	}
	if commit == "" || filepath.Base(commit) != commit || commit == "." || commit == ".." {
		return "", false
	}
	dir := filepath.Join(folder, "snapshots", commit)
	st, err := os.Stat(dir)
	return dir, err == nil && st.IsDir()
}

// usable reports whether a folder has a model in it: all of its weights and a configuration, or one GGUF file, whose path it returns.
func usable(dir string) (string, bool) {
	if _, err := os.Stat(filepath.Join(dir, "config.json")); err == nil {
		for _, n := range []string{"model.safetensors", "model.safetensors.index.json"} {
			if _, err := os.Stat(filepath.Join(dir, n)); err == nil {
				return dir, true
			}
		}
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "*.gguf")); len(found) == 1 {
		return found[0], true
	}
	return "", false
}
