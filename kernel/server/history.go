package server

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
)

// An entry is one cell in the history.
type entry struct {
	Session int    `json:"session"`
	Line    int    `json:"line"`
	Source  string `json:"source"`
	Output  string `json:"output,omitempty"`
}

// history is what was run, in this session and, if there is a file, in earlier ones.
type history struct {
	mu      sync.Mutex
	file    string
	session int
	entries []entry
}

// mostHistory bounds the file and the memory.
const mostHistory = 10_000

func newHistory(file string) *history {
	h := &history{file: file, session: 1}
	if file == "" {
		return h
	}
	f, err := os.Open(file)
	if err != nil {
		return h
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<26)
	for sc.Scan() {
		var e entry
		if json.Unmarshal(sc.Bytes(), &e) == nil && e.Source != "" {
			h.entries = append(h.entries, e)
			h.session = max(h.session, e.Session+1)
		}
	}
	return h
}

func (h *history) add(line int, source string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entries = append(h.entries, entry{Session: h.session, Line: line, Source: source})
	if len(h.entries) > mostHistory {
		h.entries = append([]entry(nil), h.entries[len(h.entries)-mostHistory:]...)
	}
}

// output notes the value that a cell showed.
func (h *history) output(line int, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := len(h.entries) - 1; i >= 0; i-- {
		if e := &h.entries[i]; e.Session == h.session && e.Line == line {
			e.Output = text
			return
		}
	}
}

// close writes the file. Another kernel may have written meanwhile: its entries are kept.
func (h *history) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.file == "" {
		return
	}
	disk := newHistory(h.file)
	all := disk.entries
	for _, e := range h.entries {
		if e.Session == h.session && len(e.Source) < 1<<20 {
			e.Session = disk.session
			all = append(all, e)
		}
	}
	if len(all) > mostHistory {
		all = all[len(all)-mostHistory:]
	}
	if os.MkdirAll(filepath.Dir(h.file), 0o700) != nil {
		return
	}
	tmp, err := os.CreateTemp(filepath.Dir(h.file), ".history-*")
	if err != nil {
		return
	}
	defer os.Remove(tmp.Name())
	w := bufio.NewWriter(tmp)
	e := json.NewEncoder(w)
	for _, x := range all {
		e.Encode(x)
	}
	if w.Flush() == nil && tmp.Close() == nil {
		os.Rename(tmp.Name(), h.file)
	}
}
