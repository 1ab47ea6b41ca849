// Package papermill puts a small plug-in into a Python environment, so that the papermill there can write
// parameters in Go ("papermill -p name value"). papermill knows no Go, and has no other way to learn a language.
package papermill

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"

	"lyceum/install/atomicfile"
)

//go:embed lyceum_papermill.py
var module []byte

const (
	info        = "lyceum_papermill-0.1.0.dist-info"
	metadata    = "Metadata-Version: 2.1\nName: lyceum-papermill\nVersion: 0.1.0\nSummary: Parameters in Go for papermill\n"
	entryPoints = "[papermill.engine]\nlyceum = lyceum_papermill:Engine\n"
	record      = "lyceum_papermill.py,,\n" + info + "/METADATA,,\n" + info + "/entry_points.txt,,\n" + info + "/INSTALLER,,\n" + info + "/RECORD,,\n"
)

// Install writes the plug-in into the environment in the folder prefix, in such a way that "pip uninstall
// lyceum-papermill" removes it. It fails when that environment has no papermill.
func Install(prefix string) error {
	sites, err := sites(prefix)
	if err != nil {
		return err
	}
	if len(sites) == 0 {
		return fmt.Errorf("there is no papermill in the environment %s", prefix)
	}
	for _, s := range sites {
		if err := write(filepath.Dir(s)); err != nil {
			return fmt.Errorf("the plug-in for papermill cannot be written: %w", err)
		}
	}
	return nil
}

// Found reports whether the environment in the folder prefix has a papermill.
func Found(prefix string) bool {
	found, _ := sites(prefix)
	return len(found) > 0
}

// sites lists the papermill packages of an environment.
func sites(prefix string) (list []string, err error) {
	for _, pattern := range []string{filepath.Join("lib", "python3*", "site-packages"), filepath.Join("Lib", "site-packages")} {
		found, err := filepath.Glob(filepath.Join(prefix, pattern, "papermill"))
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

func write(site string) error {
	if err := os.MkdirAll(filepath.Join(site, info), 0o755); err != nil {
		return err
	}
	for name, text := range map[string]string{"METADATA": metadata, "INSTALLER": "lyceum\n", "RECORD": record} {
		if err := atomicfile.Write(filepath.Join(site, info, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := atomicfile.Write(filepath.Join(site, "lyceum_papermill.py"), module, 0o644); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(site, info, "entry_points.txt"), []byte(entryPoints), 0o644)
}
