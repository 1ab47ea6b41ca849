// Package install says where Lyceum keeps what it makes for a user; its rooms make it: kernelspec, binary
// (the program that a kernelspec names), environment (JupyterLab in a Python environment), jupyter (finding and starting JupyterLab), course.
package install

import (
	"os"
	"path/filepath"
	"runtime"
)

// CacheDir returns the folder of what can be made again: XDG_CACHE_HOME/lyceum, ~/.cache/lyceum,
// ~/Library/Caches/lyceum or %LocalAppData%\lyceum.
func CacheDir() (string, error) {
	d, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(d, "lyceum"), nil
}

// DataDir returns the folder of what stays: XDG_DATA_HOME/lyceum, ~/.local/share/lyceum,
// ~/Library/Application Support/lyceum or %LocalAppData%\lyceum.
func DataDir() (string, error) {
	switch runtime.GOOS {
	case "windows", "darwin":
		d, err := os.UserConfigDir()
		if runtime.GOOS == "windows" {
			d, err = os.UserCacheDir()
		}
		return filepath.Join(d, "lyceum"), err
	}
	if d := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "lyceum"), nil
	}
	h, err := os.UserHomeDir()
	return filepath.Join(h, ".local", "share", "lyceum"), err
}
