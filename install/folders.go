// Package install says where Lyceum keeps what it makes for a user; its rooms make it: kernelspec, binary
// (the program that a kernelspec names), environment (JupyterLab in a Python environment), jupyter (finding and starting JupyterLab), course.
package install

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// CacheDir returns the folder of what can be made again: XDG_CACHE_HOME/lyceum, ~/.cache/lyceum,
// ~/Library/Caches/lyceum or %LocalAppData%\lyceum.
func CacheDir() (string, error) {
	d, err := os.UserCacheDir()
	if err != nil {
		return "", unknown(err)
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
	if err != nil {
		return "", unknown(err)
	}
	return filepath.Join(h, ".local", "share", "lyceum"), nil
}

// unknown says what to do where the user has no home, as in some containers and services.
func unknown(err error) error {
	return fmt.Errorf("your home folder is not known (%w): set HOME, or XDG_CACHE_HOME and XDG_DATA_HOME", err)
}
