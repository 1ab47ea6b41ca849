package keeper

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
)

// A ledger is a file without a name that a kernel and its keeper share. The kernel notes in it which requests have no answer
// yet and what the execution count is; the keeper reads it when the kernel is dead. A note in a file costs the kernel a
// microsecond; a message would wake the keeper for every request, which takes time from the cell that runs.
//
// The file begins with a head of a fixed size: how many requests have come, and the count. Lines of JSON follow, one when a
// request comes and one when it is answered; they are dropped when nothing waits. A line that the kernel's death cut off is
// not used.
type ledger struct {
	f       *os.File
	number  int // of the newest request
	count   int
	end     int64
	waiting map[int][]byte // the lines of the requests that have no answer
	size    int            // bytes of these
}

const (
	ledgerHead = 32
	ledgerMost = 1 << 20 // bytes of answered requests in the file
)

// note is a line of a ledger.
type note struct {
	Began *Pending `json:"began,omitempty"`
	Ended int      `json:"ended,omitempty"`
	Fatal string   `json:"fatal,omitempty"`
}

func newLedger(f *os.File) *ledger {
	return &ledger{f: f, end: ledgerHead, waiting: map[int][]byte{}}
}

func (l *ledger) head() { l.f.WriteAt(fmt.Appendf(nil, "%-15d %-15d\n", l.number, l.count), 0) }

func (l *ledger) line(n note) []byte {
	b, err := json.Marshal(n)
	if err != nil { // a header that is no JSON is not let in
		return nil
	}
	return append(b, '\n')
}

func (l *ledger) append(b []byte) {
	l.f.WriteAt(b, l.end)
	l.end += int64(len(b))
}

func (l *ledger) began(p Pending) int {
	l.number++
	if l.number == 1 {
		l.head()
	}
	p.Number = l.number
	b := l.line(note{Began: &p})
	l.waiting[p.Number] = b
	l.size += len(b)
	l.append(b)
	return p.Number
}

func (l *ledger) ended(number int) {
	b, ok := l.waiting[number]
	if !ok {
		return
	}
	delete(l.waiting, number)
	l.size -= len(b)
	switch {
	case len(l.waiting) == 0:
		l.clear()
	default:
		l.append(l.line(note{Ended: number}))
		l.trim()
	}
}

func (l *ledger) fatal(text string) {
	l.trim()
	l.append(l.line(note{Fatal: text}))
}

// trim drops what no longer counts from a file that has become long.
func (l *ledger) trim() {
	if l.end <= int64(ledgerMost+2*l.size) {
		return
	}
	l.clear()
	for _, n := range slices.Sorted(maps.Keys(l.waiting)) {
		l.append(l.waiting[n])
	}
}

func (l *ledger) clear() {
	l.f.Truncate(ledgerHead)
	l.end = ledgerHead
}

// A will is what a dead kernel noted.
type will struct {
	asked   bool // somebody asked it something
	count   int  // the execution count
	waiting []Pending
	fatal   string // the beginning of what the runtime said at its end, if the kernel itself read that
}

func readLedger(f *os.File) (w will) {
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<62))
	if err != nil || len(b) < ledgerHead {
		return w
	}
	var number int
	if _, err := fmt.Sscan(string(b[:ledgerHead]), &number, &w.count); err != nil {
		return w
	}
	w.asked = number > 0
	answered := map[int]bool{}
	for line := range bytes.Lines(b[ledgerHead:]) {
		var n note
		switch err := json.Unmarshal(line, &n); {
		case err != nil:
		case n.Began != nil:
			w.waiting = append(w.waiting, *n.Began)
		case n.Fatal != "":
			w.fatal = n.Fatal
		default:
			answered[n.Ended] = true
		}
	}
	w.waiting = slices.DeleteFunc(w.waiting, func(p Pending) bool { return answered[p.Number] })
	return w
}
