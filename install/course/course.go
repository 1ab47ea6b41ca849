// Package course puts the embedded notebooks into a folder of the learner, and brings new versions of them
// there without touching what the learner has changed.
package course

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"lyceum/install/atomicfile"
)

// record is the file in the folder that says what was unpacked: path -> hash of the file as it was shipped.
const record = ".lyceum-course.json"

// Unpack writes the files of the course into dir. A file that the learner has changed stays as it is; one
// that was removed comes back; one that is still as it was shipped is replaced by a newer version.
func Unpack(dir string, files fs.FS) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the folder for the course cannot be made: %w", err)
	}
	shipped := map[string]string{}
	path := filepath.Join(dir, record)
	if data, err := os.ReadFile(path); err == nil {
		if json.Unmarshal(data, &shipped) != nil {
			shipped = map[string]string{} // unreadable: then every file that is there counts as changed
		}
	}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		return place(filepath.Join(dir, filepath.FromSlash(name)), name, data, shipped)
	})
	if err != nil {
		return fmt.Errorf("the course cannot be unpacked into %s: %w", dir, err)
	}
	text, err := json.MarshalIndent(shipped, "", " ")
	if err != nil {
		return err
	}
	return atomicfile.Write(path, append(text, '\n'), 0o644)
}

func place(path, name string, data []byte, shipped map[string]string) error {
	old, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case hash(old) == hash(data):
		shipped[name] = hash(data)
		return nil
	case hash(old) != shipped[name]:
		return nil // the learner's
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := atomicfile.Write(path, data, 0o644); err != nil {
		return err
	}
	shipped[name] = hash(data)
	return nil
}

func hash(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// Clone returns the folder notebooks of the clone of this repository that from lies in, "" if there is none.
func Clone(from string) string {
	for d := from; ; d = filepath.Dir(d) {
		if data, err := os.ReadFile(filepath.Join(d, "go.mod")); err == nil {
			n := filepath.Join(d, "notebooks")
			if st, err := os.Stat(n); err == nil && st.IsDir() && isOurs(data) {
				return n
			}
			return ""
		}
		if d == filepath.Dir(d) {
			return ""
		}
	}
}

func isOurs(mod []byte) bool {
	const line = "module lyceum"
	return len(mod) > len(line) && string(mod[:len(line)]) == line && (mod[len(line)] == '\n' || mod[len(line)] == '\r')
}
