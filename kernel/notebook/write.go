package notebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// Bytes returns the notebook as nbformat writes it: sorted keys, an indent of one space, characters as they are, a newline at the end.
func (nb *Notebook) Bytes() []byte {
	cells := make([]any, len(nb.Cells))
	for i, c := range nb.Cells {
		cells[i] = c.raw
	}
	nb.raw["cells"] = cells
	var b bytes.Buffer
	encode(&b, nb.raw, "\n")
	b.WriteByte('\n')
	return b.Bytes()
}

// encode writes v. nl is a newline with the indent of the surroundings.
func encode(b *bytes.Buffer, v any, nl string) {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		list(b, '{', '}', len(keys), nl, func(i int, in string) {
			quote(b, keys[i])
			b.WriteString(": ")
			encode(b, v[keys[i]], in)
		})
	case []any:
		list(b, '[', ']', len(v), nl, func(i int, in string) { encode(b, v[i], in) })
	case string:
		quote(b, v)
	case json.Number:
		b.WriteString(v.String())
	case nil:
		b.WriteString("null")
	default: // bool and the whole numbers that this package sets itself
		fmt.Fprint(b, v)
	}
}

func list(b *bytes.Buffer, open, end byte, n int, nl string, item func(i int, in string)) {
	b.WriteByte(open)
	in := nl + " "
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(in)
		item(i, in)
	}
	if n > 0 {
		b.WriteString(nl)
	}
	b.WriteByte(end)
}

// quote writes a JSON string and escapes only what JSON requires, as Python does with ensure_ascii=False.
func quote(b *bytes.Buffer, s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\b':
			b.WriteString(`\b`)
		case r == '\f':
			b.WriteString(`\f`)
		case r < 0x20:
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}

// lines splits text as nbformat does (Python's str.splitlines(True)): each line keeps its end.
func lines(s string) []any {
	out := []any{}
	start := 0
	for i, r := range s {
		end := 0
		switch r {
		case '\r':
			if i+1 < len(s) && s[i+1] == '\n' {
				continue
			}
			end = i + 1
		case '\n', '\v', '\f', 0x1c, 0x1d, 0x1e:
			end = i + 1
		case 0x85:
			end = i + 2
		case 0x2028, 0x2029:
			end = i + 3
		default:
			continue
		}
		out = append(out, s[start:end])
		start = end
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// splits reports whether text of the MIME type is written as a list of lines.
func splits(mime string) bool {
	return strings.HasPrefix(mime, "text/") || mime == "application/javascript" || mime == "image/svg+xml"
}

// WriteFile writes data to path by way of a file beside it, so that path always holds a whole document.
// A link is followed, and the permissions of an existing file stay as they are. A device or a pipe is written to as it
// is: a rename would put a file in the place of /dev/null.
func WriteFile(path string, data []byte) error {
	path, err := followed(path)
	if err != nil {
		return err
	}
	if Special(path) {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return errors.Join(err, f.Close())
	}
	temporary, err := beside(path, data)
	if err != nil {
		return err
	}
	if err = os.Rename(temporary, path); err != nil {
		os.Remove(temporary)
	}
	return err
}

// Special reports whether path is something other than a file or a folder, such as a device or a pipe. What is written
// to it cannot be replaced by a later state.
func Special(path string) bool {
	st, err := os.Stat(path)
	return err == nil && !st.Mode().IsRegular() && !st.IsDir()
}

// CanWrite says why WriteFile could not write data to path, and leaves path as it is: a folder that cannot be written
// and a full disk are better known before hours of work than after.
func CanWrite(path string, data []byte) error {
	path, err := followed(path)
	if err != nil || Special(path) {
		return err
	}
	temporary, err := beside(path, data)
	if err != nil {
		return err
	}
	return os.Remove(temporary)
}

// followed returns the file that path stands for: what a link points to, whether that exists or not.
func followed(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		return real, nil
	}
	if Special(path) { // /dev/fd/63 names a pipe that no path leads to
		return path, nil
	}
	st, e := os.Lstat(path)
	if e != nil || st.Mode()&os.ModeSymlink == 0 {
		return path, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	to, err := os.Readlink(path)
	if err == nil && !filepath.IsAbs(to) {
		to = filepath.Join(filepath.Dir(path), to)
	}
	return to, err
}

// beside writes data to a new file in the folder of path, with the permissions of path.
func beside(path string, data []byte) (temporary string, err error) {
	mode := os.FileMode(0o644)
	if st, err := os.Stat(path); err == nil {
		if st.IsDir() {
			return "", fmt.Errorf("%s is a folder", path)
		}
		mode = st.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(f.Name(), mode)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return f.Name(), err
}
