package server

import (
	"os"
	"time"
)

// lastWord is how long a kernel that was told to end may take to say goodbye.
const lastWord = 2 * time.Second

// lastReply is how long the answer that is being sent, and the idle after it, may take.
const lastReply = 20 * time.Millisecond

// shutdown answers, tells everybody on iopub, and ends the process, also when a cell is running.
func shutdown(r *request) {
	var c struct {
		Restart bool `json:"restart"`
	}
	if !r.into(&c) { // one answer to one request: a kernel that has refused must not end after all
		return
	}
	s := r.s
	s.lastOutput("")
	body := map[string]any{"status": "ok", "restart": c.Restart}
	s.publish("shutdown_reply", r.RawHeader, body)
	r.reply(body)
	time.AfterFunc(lastReply, s.exit) // after the idle that follows this handler
}

// Shutdown ends the kernel as a signal asks for. Whoever waits for a cell is told: no request announced the end.
func (s *Server) Shutdown() {
	s.lastOutput("the kernel was told to end, and the cell ends with it\n")
	for end := time.Now().Add(lastWord / 4); len(s.cells.all()) > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	s.publish("shutdown_reply", nil, map[string]any{"status": "ok", "restart": false})
	time.AfterFunc(lastReply, s.exit)
}

// lastOutput sends what the running cells have written, with a word on why they end if there is one, and interrupts them.
// From here on the process ends, whatever they do.
func (s *Server) lastOutput(why string) {
	s.opt.Line.Bye()
	time.AfterFunc(lastWord, func() { os.Exit(0) })
	for _, o := range s.cells.all() {
		s.drain(o)
		o.Stream("stderr", []byte(why))
		o.flush(true)
	}
	go s.interrupt()
}

// Interrupt ends the running cell as a signal asks for.
func (s *Server) Interrupt() { s.interrupt() }
