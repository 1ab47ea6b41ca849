package kernelspec

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"sort"
	"strings"

	"lyceum/install/atomicfile"
	"lyceum/install/kernelspec/logo"
)

// DefaultName and DefaultDisplayName are what the kernel is called unless the person says otherwise.
const (
	DefaultName        = "lyceum"
	DefaultDisplayName = "Go (Lyceum)"
)

// A Spec is what kernel.json says (jupyter_client, "Kernel specs").
type Spec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode"`
	Env           map[string]string `json:"env"`
	Metadata      map[string]any    `json:"metadata"`
	Protocol      string            `json:"kernel_protocol_version"`
}

// New describes the kernel in the file binary.
func New(binary, displayName string) Spec {
	return Spec{
		Argv:          []string{binary, "kernel", "-f", "{connection_file}"},
		DisplayName:   displayName,
		Language:      "go",
		InterruptMode: "message",
		Env:           map[string]string{},
		Metadata:      map[string]any{"debugger": true},
		Protocol:      "5.5.0",
	}
}

var validName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// CheckName says whether Jupyter takes the name for a kernel.
func CheckName(name string) error {
	if !validName.MatchString(name) || strings.Trim(name, ".") == "" {
		return fmt.Errorf("%q cannot be the name of a kernel: use letters, digits, '.', '-' and '_'", name)
	}
	return nil
}

// Dir returns the folder of a kernel in a data folder. Jupyter compares names in lower case.
func Dir(dataDir, name string) string {
	return filepath.Join(dataDir, "kernels", strings.ToLower(name))
}

// Write puts the spec and the logos into dir. kernel.json comes last, because Jupyter sees the kernel from then on.
func Write(dir string, s Spec) error {
	if err := MakeDir(dir); err != nil {
		return err
	}
	for name, data := range logo.Files() {
		if err := writeFile(filepath.Join(dir, name), data); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, "kernel.json"), append(text, '\n'))
}

// MakeDir makes the folder of a kernelspec; the error says which part of its path is in the way.
func MakeDir(dir string) error {
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		return nil
	}
	for d := dir; ; d = filepath.Dir(d) {
		if st, e := os.Stat(d); e == nil && !st.IsDir() {
			return fmt.Errorf("%s cannot be made: %s is a file", dir, d)
		}
		if d == filepath.Dir(d) {
			break
		}
	}
	return explain(dir, err)
}

func writeFile(path string, data []byte) error {
	if err := atomicfile.Write(path, data, 0o644); err != nil {
		return explain(path, err)
	}
	return nil
}

// explain turns a failure to write into a line that says what to do.
func explain(path string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		hint := "run the command as an administrator, or use --user or --prefix DIR"
		return fmt.Errorf("there is no permission to write %s: %s", path, hint)
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("%s cannot be written: %v", path, err)
}

// Found is an installed kernel.
type Found struct {
	Name string
	Dir  string
	Spec Spec
}

// Binary returns the program that the kernel starts, "" if the spec names none.
func (f Found) Binary() string {
	if len(f.Spec.Argv) == 0 {
		return ""
	}
	return f.Spec.Argv[0]
}

// Ours reports whether the kernel is one that Lyceum installed.
func (f Found) Ours() bool {
	a := f.Spec.Argv
	return len(a) == 4 && a[1] == "kernel" && a[2] == "-f" && f.Spec.Language == "go"
}

// List returns the kernels of Lyceum in the data folders. A kernel that an earlier folder hides is listed too.
func List(dataDirs []string) []Found {
	var out []Found
	for _, d := range dataDirs {
		entries, err := os.ReadDir(filepath.Join(d, "kernels"))
		if err != nil {
			continue
		}
		sort.Slice(entries, func(i, j int) bool { return entries[i].Name() < entries[j].Name() })
		for _, e := range entries {
			if f, err := Read(filepath.Join(d, "kernels", e.Name())); err == nil && f.Ours() {
				out = append(out, f)
			}
		}
	}
	return out
}

// Read reads the kernel in a folder.
func Read(dir string) (Found, error) {
	data, err := os.ReadFile(filepath.Join(dir, "kernel.json"))
	if err != nil {
		return Found{}, err
	}
	f := Found{Name: filepath.Base(dir), Dir: dir}
	if err := json.Unmarshal(data, &f.Spec); err != nil {
		return Found{}, fmt.Errorf("%s: %v", filepath.Join(dir, "kernel.json"), err)
	}
	return f, nil
}

// Remove takes the kernel in dir away. It refuses a kernel that Lyceum has not installed.
func Remove(dir string) error {
	f, err := Read(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no kernel in %s", dir)
	case err != nil:
		return err
	case !f.Ours():
		return fmt.Errorf("the kernel in %s was not installed by Lyceum, it stays", dir)
	}
	// kernel.json goes first: what is left after a failure is no kernel any more.
	if err := os.Remove(filepath.Join(dir, "kernel.json")); err != nil {
		return explain(dir, err)
	}
	err = os.RemoveAll(dir)
	if err != nil && runtime.GOOS == "windows" {
		return fmt.Errorf("%s is partly left, because a kernel is still running: %v", dir, err)
	}
	return err
}
