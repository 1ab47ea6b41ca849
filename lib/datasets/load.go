package datasets

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"lyceum/lib/stop"
)

// Load finds a set of the course by name ("onboarding", "preferences", ...) or reads a file: .jsonl, .json, .csv or .parquet;
// or the training split of a folder of such files.
func Load(name string) (*Set, error) {
	if make, ok := named[name]; ok {
		return make(), nil
	}
	if _, err := os.Stat(name); err != nil && reader(name) == nil {
		var names []string
		for n := range named {
			names = append(names, n)
		}
		sort.Strings(names)
		return nil, fmt.Errorf("datasets.Load: %q is neither a file or folder with rows (.jsonl, .json, .csv, .parquet) nor one of the course's sets: %s", name, strings.Join(names, ", "))
	}
	return LoadSplit(name, "train")
}

// LoadSplit reads one split of a folder: the files in whose name the split's name stands ("test.jsonl",
// "data/train-00000-of-00001.parquet"); of a folder whose files name no split, all are the split "train". A file is its own
// split "train".
func LoadSplit(path, split string) (*Set, error) {
	files, err := splitFiles(path, split)
	if err != nil {
		return nil, err
	}
	out := &Set{Name: filepath.Base(path)}
	var where []string
	for _, f := range files {
		for r, err := range Stream(f) {
			if err != nil {
				return nil, err
			}
			out.rows = append(out.rows, r.Row)
			where = append(where, r.Where)
		}
	}
	if len(out.rows) == 0 {
		return nil, fmt.Errorf("datasets.Load: %s has no rows", path)
	}
	out.at = func(i int) string { return where[i] }
	return out, nil
}

// splitFiles lists the files of a split.
func splitFiles(path, split string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("datasets.Load: %w", err)
	}
	if !info.IsDir() {
		if split != "train" {
			return nil, fmt.Errorf("datasets.Load: %s is one file, which is the split train: there is no split %q", path, split)
		}
		return []string{path}, nil
	}
	named := map[string][]string{}
	err = filepath.WalkDir(path, func(file string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && file != path {
			return filepath.SkipDir
		}
		if !d.IsDir() && reader(file) != nil {
			rel, _ := filepath.Rel(path, file)
			s := splitOf(rel)
			named[s] = append(named[s], file)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("datasets.Load: %w", err)
	}
	if split == "train" && len(named["train"]) == 0 {
		split = ""
	}
	if len(named[split]) == 0 {
		var have []string
		for s := range named {
			have = append(have, fmt.Sprintf("%q", s))
		}
		sort.Strings(have)
		if have == nil {
			return nil, fmt.Errorf("datasets.Load: %s has no .jsonl, .json, .csv or .parquet file", path)
		}
		return nil, fmt.Errorf("datasets.Load: %s has no split %q; it has %s", path, split, strings.Join(have, ", "))
	}
	sort.Strings(named[split])
	return named[split], nil
}

// splitOf finds the split in the path of a file, as words of it; "" if there is none.
func splitOf(path string) string {
	words := strings.FieldsFunc(strings.ToLower(path), func(r rune) bool { return !(r >= 'a' && r <= 'z') })
	for _, w := range words {
		switch w {
		case "train", "training":
			return "train"
		case "test", "testing", "eval", "evaluation":
			return "test"
		case "validation", "valid", "val", "dev":
			return "validation"
		}
	}
	return ""
}

// A Streamed is a row with where it stands.
type Streamed struct {
	Row
	Where string // "pairs.jsonl, line 7"
}

// Stream reads the rows of a file one after the other, without holding them all. An error ends it.
func Stream(file string) iter.Seq2[Streamed, error] {
	return func(yield func(Streamed, error) bool) {
		read := reader(file)
		if read == nil {
			yield(Streamed{}, fmt.Errorf("datasets.Load: %s: rows are read from .jsonl, .json, .csv and .parquet files", file))
			return
		}
		err := read(file, func(where string, columns map[string]any) error {
			if stop.Requested() {
				return stop.ErrInterrupted
			}
			where = filepath.Base(file) + ", " + where
			r, err := normal(columns)
			if err != nil {
				return fmt.Errorf("%s, %w", where, err)
			}
			if !yield(Streamed{r, where}, nil) {
				return errEnough
			}
			return nil
		})
		switch {
		case errors.Is(err, stop.ErrInterrupted):
			yield(Streamed{}, stop.ErrInterrupted)
		case err != nil && !errors.Is(err, errEnough):
			yield(Streamed{}, fmt.Errorf("datasets.Load: %w", err))
		}
	}
}

var errEnough = errors.New("enough")

// A rowReader hands out the rows of a file with where each stands in it.
type rowReader func(file string, row func(where string, columns map[string]any) error) error

func reader(file string) rowReader {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".jsonl", ".ndjson":
		return readJSONL
	case ".json":
		return readJSON
	case ".csv":
		return func(f string, row func(string, map[string]any) error) error { return readCSV(f, ',', row) }
	case ".tsv":
		return func(f string, row func(string, map[string]any) error) error { return readCSV(f, '\t', row) }
	case ".parquet":
		return readParquet
	}
	return nil
}
