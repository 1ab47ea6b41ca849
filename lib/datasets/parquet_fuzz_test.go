package datasets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// No bytes make the reader of Parquet panic or wait without end: it ends with rows or with an error that names
// the file.
func FuzzReadParquet(f *testing.F) {
	whole, err := os.ReadFile("testdata/pairs.parquet")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte("PAR1"))
	f.Add([]byte("PAR1\x00\x00\x00\x00\xff\xff\xff\x7fPAR1"))
	for _, n := range []int{len(whole) / 2, len(whole) - 9, len(whole) - 4} {
		f.Add(whole[:n])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "f.parquet")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		rows := 0
		err := readParquet(file, func(string, map[string]any) error { rows++; return nil })
		if err != nil && !strings.Contains(err.Error(), "f.parquet") {
			t.Errorf("%d rows, and %v", rows, err)
		}
	})
}
