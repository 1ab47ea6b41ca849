package server

import "os"

// log is where the kernel's own messages go: the standard error it was started with.
var log = os.Stderr

// newest is the output of the running cell, or of the last that ran.
func (s *Server) newest() *output { return s.latest.Load() }

// drain publishes everything that the cell has printed so far, through whatever way.
func (s *Server) drain(o *output) {
	if s.capture != nil {
		s.capture.drain()
	}
	o.flush(true)
}
