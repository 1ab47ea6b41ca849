// Package notebook reads and writes Jupyter notebooks (nbformat 4.0 to 4.5), collects what cells show as
// nbformat outputs, and executes a notebook without Jupyter.
//
// What the package does not know it keeps: a notebook is held as the JSON that was read, and only the
// fields that execution changes are replaced.
package notebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// A Notebook is an .ipynb document of nbformat 4.
type Notebook struct {
	Cells []*Cell
	raw   map[string]any
}

// A Cell is one cell of a notebook.
type Cell struct {
	raw map[string]any
}

// Parse reads a notebook. The error says in one line what is wrong with it, with the line in the file where JSON is broken.
func Parse(data []byte) (*Notebook, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("the file is empty, a notebook is a JSON document")
	}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("the text is not UTF-8 (line %d): save the notebook in that encoding", lineOf(data, invalidAt(data)+1))
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, broken(data, d.InputOffset(), err)
	}
	if rest := bytes.TrimSpace(data[d.InputOffset():]); len(rest) > 0 {
		return nil, fmt.Errorf("broken JSON in line %d: there is more text after the notebook", lineOf(data, d.InputOffset()+1))
	}
	raw, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("this is JSON, but not a notebook: the top level is not an object")
	}
	return fromRaw(raw)
}

// invalidAt is where the first byte stands that is not UTF-8. What JSON's decoder would put in its place is not what
// the author wrote.
func invalidAt(data []byte) int64 {
	for at := 0; at < len(data); {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n == 1 {
			return int64(at)
		}
		at += n
	}
	return int64(len(data))
}

func broken(data []byte, at int64, err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("broken JSON in line %d: the file ends in the middle of the document", lineOf(data, int64(len(data))))
	}
	return fmt.Errorf("broken JSON in line %d: %v", lineOf(data, at), err)
}

func lineOf(data []byte, at int64) int {
	return 1 + bytes.Count(data[:min(at, int64(len(data)))], []byte("\n"))
}

func fromRaw(raw map[string]any) (*Notebook, error) {
	major, ok := integer(raw["nbformat"])
	if !ok {
		return nil, errors.New("this is JSON, but not a notebook: nbformat is missing")
	}
	if major != 4 {
		return nil, fmt.Errorf("the notebook has nbformat %d, and only 4 can be run: open and save it in JupyterLab, or use 'jupyter nbconvert --to notebook'", major)
	}
	if _, ok := integer(raw["nbformat_minor"]); !ok {
		return nil, errors.New("nbformat_minor is missing or not a number")
	}
	if m, there := raw["metadata"]; there {
		if _, ok := m.(map[string]any); !ok {
			return nil, errors.New("the notebook's metadata is not an object")
		}
	}
	cells, ok := raw["cells"].([]any)
	if !ok {
		return nil, errors.New("the notebook's cells are missing or not a list")
	}
	nb := &Notebook{raw: raw}
	for i, c := range cells {
		m, ok := c.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("cell %d is not an object", i+1)
		}
		if err := validCell(m); err != nil {
			return nil, fmt.Errorf("cell %d: %w", i+1, err)
		}
		nb.Cells = append(nb.Cells, &Cell{raw: m})
	}
	nb.identify()
	return nb, nil
}

func validCell(m map[string]any) error {
	if t, _ := m["cell_type"].(string); t == "" {
		return errors.New("cell_type is missing")
	}
	switch s := m["source"].(type) {
	case string:
	case []any:
		for _, l := range s {
			if _, ok := l.(string); !ok {
				return errors.New("source is a list with something other than text in it")
			}
		}
	default:
		return errors.New("source is neither text nor a list of lines")
	}
	if md, there := m["metadata"]; there {
		if _, ok := md.(map[string]any); !ok {
			return errors.New("metadata is not an object")
		}
	}
	return nil
}

func integer(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

// identify gives an id to each cell that must have one (nbformat 4.5) and has none.
func (nb *Notebook) identify() {
	if minor, _ := integer(nb.raw["nbformat_minor"]); minor < 5 {
		return
	}
	for _, c := range nb.Cells {
		if id, _ := c.raw["id"].(string); id == "" {
			c.raw["id"] = fmt.Sprintf("%08x", rand.Uint32())
		}
	}
}

// Language returns the language that the notebook is written in, in lower case, or "" if it does not say.
func (nb *Notebook) Language() string {
	md, _ := nb.raw["metadata"].(map[string]any)
	if ks, ok := md["kernelspec"].(map[string]any); ok {
		if l, ok := ks["language"].(string); ok && l != "" {
			return strings.ToLower(l)
		}
	}
	li, _ := md["language_info"].(map[string]any)
	l, _ := li["name"].(string)
	return strings.ToLower(l)
}

// KernelName returns the name of the kernel that the notebook asks for, or "".
func (nb *Notebook) KernelName() string {
	md, _ := nb.raw["metadata"].(map[string]any)
	ks, _ := md["kernelspec"].(map[string]any)
	n, _ := ks["name"].(string)
	return n
}

// SetLanguageInfo sets metadata.language_info, as a client does with what kernel_info says.
func (nb *Notebook) SetLanguageInfo(info map[string]any) {
	object(nb.raw, "metadata")["language_info"] = info
}

// object returns m[key], made if it is not there.
func object(m map[string]any, key string) map[string]any {
	o, ok := m[key].(map[string]any)
	if !ok {
		o = map[string]any{}
		m[key] = o
	}
	return o
}

// IsCode reports whether the cell is a code cell.
func (c *Cell) IsCode() bool { return c.raw["cell_type"] == "code" }

// ID returns the cell's id, "" before nbformat 4.5.
func (c *Cell) ID() string { id, _ := c.raw["id"].(string); return id }

// Source returns the text of the cell.
func (c *Cell) Source() string { return text(c.raw["source"]) }

// text joins nbformat's multi-line strings.
func text(v any) string {
	switch s := v.(type) {
	case string:
		return s
	case []any:
		var b strings.Builder
		for _, l := range s {
			t, _ := l.(string)
			b.WriteString(t)
		}
		return b.String()
	}
	return ""
}

// HasTag reports whether metadata.tags contains the tag.
func (c *Cell) HasTag(tag string) bool {
	md, _ := c.raw["metadata"].(map[string]any)
	tags, _ := md["tags"].([]any)
	for _, t := range tags {
		if t == tag {
			return true
		}
	}
	return false
}

// Outputs returns the cell's outputs as JSON objects.
func (c *Cell) Outputs() []any { o, _ := c.raw["outputs"].([]any); return o }

// reset empties the outputs, the count and the times of a code cell.
func (c *Cell) reset() {
	c.raw["outputs"] = []any{}
	c.raw["execution_count"] = nil
	if md, ok := c.raw["metadata"].(map[string]any); ok {
		delete(md, "execution")
	}
}

// setTimes records when the cell ran, under the names that nbclient uses.
func (c *Cell) setTimes(begun, ended string) {
	object(c.raw, "metadata")["execution"] = map[string]any{"iopub.status.busy": begun, "iopub.execute_input": begun,
		"iopub.status.idle": ended, "shell.execute_reply": ended}
}
