package server

import (
	"bufio"
	"encoding/json"
	"io"
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

// These bound the file and the memory: cells, bytes of the file, and bytes of a source or of an output in it.
const (
	mostHistory     = 10_000
	mostHistoryFile = 4 << 20
	mostHistoryText = 1 << 16
)

// newHistory reads the file beside what the kernel does next: it must not keep a client waiting. Who asks for the history
// before it is there waits for the lock.
func newHistory(file string) *history {
	h := &history{file: file, session: 1}
	if file != "" {
		h.mu.Lock()
		go func() {
			defer h.mu.Unlock()
			h.entries = readHistory(file)
			h.session = nextSession(h.entries)
		}()
	}
	return h
}

// nextSession is the number after all that there are.
func nextSession(entries []entry) int {
	next := 1
	for _, e := range entries {
		next = max(next, e.Session+1)
	}
	return next
}

// readHistory reads the newest entries of a file; what is no entry is passed over, and so is a file that cannot be read.
func readHistory(file string) (entries []entry) {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	r := bufio.NewReader(f)
	if info, err := f.Stat(); err == nil && info.Size() > mostHistoryFile {
		f.Seek(info.Size()-mostHistoryFile, io.SeekStart)
		r.ReadBytes('\n') // the rest of a line that begins before
	}
	for {
		line, err := r.ReadBytes('\n')
		var e entry
		if json.Unmarshal(line, &e) == nil && e.Source != "" {
			entries = append(entries, e)
		}
		if err != nil {
			return entries
		}
	}
}

// newest are the last entries that the bounds allow.
func newest(entries []entry) []entry {
	size, from := 0, len(entries)
	for from > 0 && len(entries)-from < mostHistory {
		e := entries[from-1]
		if size += len(e.Source) + len(e.Output); size > mostHistoryFile/2 { // JSON writes some characters as six
			break
		}
		from--
	}
	return entries[from:]
}

// number is that of this session.
func (h *history) number() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.session
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
	all := readHistory(h.file)
	session := nextSession(all)
	for _, e := range h.entries {
		if e.Session == h.session && len(e.Source) <= mostHistoryText {
			if e.Session = session; len(e.Output) > mostHistoryText {
				e.Output = ""
			}
			all = append(all, e)
		}
	}
	all = newest(all)
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
