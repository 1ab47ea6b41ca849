// Package keeper watches over a kernel. The process that Jupyter starts is the keeper; it starts the kernel proper, a child
// with the same arguments. If the child dies, of a fault that Go's runtime does not let a program survive, for want of
// memory, or killed by somebody, the keeper starts another at once and tells it why, and what the dead one had not answered:
// the new kernel gives these requests an error, so that no client waits for ever.
//
// On systems without Unix's pipes between processes, a kernel runs without a keeper.
package keeper

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"runtime/debug"
	"sync"
)

// worker is the variable of the environment that says to a process that it is the kernel proper.
const worker = "LYCEUM_KERNEL_KEPT"

// Pending is a request that has no answer yet.
type Pending struct {
	Number     int             `json:"number"`
	Channel    string          `json:"channel"` // shell or control
	Type       string          `json:"type"`
	Identities [][]byte        `json:"identities"`
	Header     json.RawMessage `json:"header"`
}

// Obituary is what a kernel is told of the one before it. Reason is empty if there was none.
type Obituary struct {
	Reason  string    `json:"reason"`
	Count   int       `json:"count"`   // the execution count
	Waiting []Pending `json:"waiting"` // in the order in which they came
}

// report is one line from the kernel to its keeper.
type report struct {
	Ready bool `json:"ready,omitempty"`
	Bye   bool `json:"bye,omitempty"`
}

// A Line is a kernel's connection to its keeper. All methods of a nil Line do nothing.
type Line struct {
	mu     sync.Mutex
	out    io.Writer
	ledger *ledger
	errors [2]int
}

// Errors are the ends of the pipe to which the kernel shall turn its descriptor 2: what is in it at the kernel's death, the
// keeper reads. ok is false without a keeper.
func (l *Line) Errors() (ends [2]int, ok bool) {
	if l == nil {
		return ends, false
	}
	return l.errors, true
}

// Attach connects a kernel to its keeper; end is called when the keeper is gone. Without a keeper the Line is nil.
func Attach(end func()) (*Line, Obituary) {
	var last Obituary
	if os.Getenv(worker) == "" {
		return nil, last
	}
	os.Unsetenv(worker) // kernels that cells start are none of this keeper's
	life, out, crash, book := os.NewFile(3, "life"), os.NewFile(4, "report"), os.NewFile(5, "crash"), os.NewFile(8, "ledger")
	for _, f := range []*os.File{life, out, crash, book} {
		private(f)
	}
	debug.SetCrashOutput(crash, debug.CrashOptions{})
	crash.Close()
	lines := bufio.NewReader(life)
	if b, err := lines.ReadBytes('\n'); err == nil {
		json.Unmarshal(b, &last)
	}
	go func() {
		io.Copy(io.Discard, lines)
		end()
	}()
	return &Line{out: out, ledger: newLedger(book), errors: [2]int{6, 7}}, last
}

func (l *Line) send(r report) {
	b, err := json.Marshal(r)
	if err != nil {
		return
	}
	l.out.Write(append(b, '\n'))
}

// Began says that a request has come, and returns a number for Ended.
func (l *Line) Began(p Pending) int {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ledger.began(p)
}

// Ended says that a request is answered.
func (l *Line) Ended(number int) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ledger.ended(number)
}

// Count says what the execution count is.
func (l *Line) Count(n int) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ledger.count = n
	l.ledger.head()
}

// Fatal says what stands on descriptor 2 since Go's runtime began to report a fault there. The kernel takes that output off
// the pipe before the keeper can, and usually has the moment to note it while the runtime prints its stacks.
func (l *Line) Fatal(text string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ledger.fatal(text)
}

// Ready says that the kernel can be reached: from now on its death is worth a new one.
func (l *Line) Ready() { l.note(report{Ready: true}) }

// Bye says that the kernel is about to end because it was asked to.
func (l *Line) Bye() { l.note(report{Bye: true}) }

func (l *Line) note(r report) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.send(r)
}
