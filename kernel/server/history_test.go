package server

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHistoryStaysSmall(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history.jsonl")
	for round := range 3 {
		h := newHistory(file)
		if n := h.number(); n != round+1 {
			t.Errorf("round %d: session %d", round, n)
		}
		h.add(1, "first")
		h.add(2, strings.Repeat("x", mostHistoryText+1)) // one cell must not make every later start slow
		for i := range 100 {
			h.add(3+i, fmt.Sprint(i, strings.Repeat("\u0001", mostHistoryText-10)))
		}
		h.add(200, "last")
		h.output(200, strings.Repeat("y", mostHistoryText+1))
		h.close()
		info, err := os.Stat(file)
		if err != nil || info.Size() > 7*mostHistoryFile/2 {
			t.Fatalf("round %d: %v, %v", round, info.Size(), err)
		}
		all := readHistory(file)
		if n := len(all); n == 0 || all[n-1].Source != "last" || all[n-1].Output != "" {
			t.Fatalf("round %d: %d entries are kept, and not the last", round, n)
		}
		for _, e := range all {
			if len(e.Source) > mostHistoryText {
				t.Errorf("round %d: an entry of %d bytes is kept", round, len(e.Source))
			}
		}
	}
}

// A file that an earlier version let grow is read from its end, and what is no entry is passed over.
func TestHistoryOfALargeFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history.jsonl")
	var b strings.Builder
	b.WriteString(`{"session":1,"line":1,"source":"` + strings.Repeat("x", 3*mostHistoryFile) + "\"}\n")
	b.WriteString("not JSON\n")
	b.WriteString(`{"session":7,"line":1,"source":"kept"}` + "\n")
	b.WriteString(`{"session":7,"line":2,"source":"without an end of line"}`)
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	h := newHistory(file)
	if n := h.number(); n != 8 || len(h.entries) != 2 || h.entries[0].Source != "kept" {
		t.Errorf("session %d, %d entries", n, len(h.entries))
	}
}
