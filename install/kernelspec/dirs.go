// Package kernelspec installs, lists and removes the description by which Jupyter finds the kernel.
package kernelspec

import (
	"os"
	"path/filepath"
	"runtime"
)

// UserDir returns the data folder in which Jupyter looks for this user's kernels: JUPYTER_DATA_DIR, else the
// folder of the operating system (jupyter_core, jupyter_data_dir).
func UserDir() string { return userDir(runtime.GOOS, os.Getenv, home()) }

func userDir(goos string, env func(string) string, home string) string {
	if d := env("JUPYTER_DATA_DIR"); d != "" {
		return d
	}
	switch goos {
	case "darwin":
		return filepath.Join(home, "Library", "Jupyter")
	case "windows":
		if d := env("APPDATA"); d != "" {
			return filepath.Join(d, "jupyter")
		}
		return filepath.Join(home, ".jupyter", "data")
	}
	if d := env("XDG_DATA_HOME"); d != "" {
		return filepath.Join(d, "jupyter")
	}
	return filepath.Join(home, ".local", "share", "jupyter")
}

// SystemDir returns the data folder for all users of the machine.
func SystemDir() string { return systemDir(runtime.GOOS, os.Getenv) }

func systemDir(goos string, env func(string) string) string {
	if goos == "windows" {
		if d := env("PROGRAMDATA"); d != "" {
			return filepath.Join(d, "jupyter")
		}
		return `C:\ProgramData\jupyter`
	}
	return "/usr/local/share/jupyter"
}

// PrefixDir returns the data folder of a Python environment.
func PrefixDir(prefix string) string { return filepath.Join(prefix, "share", "jupyter") }

// SearchPath returns every data folder in which Jupyter looks for kernels, first found wins.
// prefixes are the Python environments to look into.
func SearchPath(prefixes ...string) []string {
	var dirs []string
	for _, d := range filepath.SplitList(os.Getenv("JUPYTER_PATH")) {
		if d != "" {
			dirs = append(dirs, d)
		}
	}
	dirs = append(dirs, UserDir())
	for _, p := range prefixes {
		if p != "" {
			dirs = append(dirs, PrefixDir(p))
		}
	}
	dirs = append(dirs, SystemDir())
	if runtime.GOOS != "windows" {
		dirs = append(dirs, "/usr/share/jupyter")
	}
	return unique(dirs)
}

func unique(dirs []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, d := range dirs {
		if d = filepath.Clean(d); !seen[d] {
			seen[d] = true
			out = append(out, d)
		}
	}
	return out
}

func home() string {
	h, err := os.UserHomeDir()
	if err != nil {
		return "."
	}
	return h
}
