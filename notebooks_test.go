package main

import (
	"encoding/json"
	"io/fs"
	"path"
	"strings"
	"testing"
)

const (
	cellLines   = 30  // a cell is seen whole
	cellColumns = 100 // and not cut at the right, in JupyterLab on a laptop; a tab counts four
)

// TestNotebooksReadWell holds the course to its style: cells that fit, run in order by whoever committed them, with no error
// among what they showed.
func TestNotebooksReadWell(t *testing.T) {
	err := fs.WalkDir(notebooks, "notebooks", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".ipynb" {
			return err
		}
		text, err := notebooks.ReadFile(name)
		if err != nil {
			return err
		}
		var n struct {
			Cells []struct {
				Kind    string   `json:"cell_type"`
				Source  []string `json:"source"`
				Count   *int     `json:"execution_count"`
				Outputs []struct {
					Type string `json:"output_type"`
				} `json:"outputs"`
			} `json:"cells"`
		}
		if err := json.Unmarshal(text, &n); err != nil {
			return err
		}
		ran := 0
		for i, c := range n.Cells {
			if c.Kind != "code" {
				continue
			}
			ran++
			if c.Count == nil || *c.Count != ran {
				t.Errorf("%s, cell %d: not committed from a run of the whole notebook", name, i)
			}
			if len(c.Source) > cellLines {
				t.Errorf("%s, cell %d has %d lines", name, i, len(c.Source))
			}
			for _, line := range c.Source {
				if width := len([]rune(strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", "    "))); width > cellColumns {
					t.Errorf("%s, cell %d: %d columns: %s", name, i, width, line)
				}
			}
			for _, o := range c.Outputs {
				if o.Type == "error" {
					t.Errorf("%s, cell %d shows an error", name, i)
				}
			}
		}
		if ran == 0 {
			t.Errorf("%s has no code", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
