package server

import (
	"os"
	"time"
)

// lastWord is how long a kernel that was told to end may take to say goodbye.
const lastWord = 2 * time.Second

// shutdown answers, tells everybody on iopub, and ends the process, also when a cell is running.
func shutdown(r *request) {
	var c struct {
		Restart bool `json:"restart"`
	}
	if !r.into(&c) { // one answer to one request: a kernel that has refused must not end after all
		return
	}
	s := r.s
	s.opt.Line.Bye()
	for _, o := range s.cells.all() {
		s.drain(o)
	}
	select {
	case <-s.started:
		if s.sess != nil {
			go s.sess.Interrupt()
		}
	default:
	}
	body := map[string]any{"status": "ok", "restart": c.Restart}
	s.publish("shutdown_reply", r.RawHeader, body)
	r.reply(body)
	time.AfterFunc(lastWord, func() { os.Exit(0) })
	time.AfterFunc(20*time.Millisecond, s.exit) // after the idle that follows this handler
}

// Shutdown ends the kernel as a signal asks for.
func (s *Server) Shutdown() {
	s.opt.Line.Bye()
	time.AfterFunc(lastWord, func() { os.Exit(0) })
	s.exit()
}

// Interrupt ends the running cell as a signal asks for.
func (s *Server) Interrupt() { s.interrupt() }
