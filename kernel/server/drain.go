package server

import (
	"os"
	"slices"
	"sync"
)

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

// cells are the cells and callbacks that run now.
type cells struct {
	mu   sync.Mutex
	list []*output
}

// all returns what runs, the oldest first.
func (c *cells) all() []*output {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list)
}

// enter notes that something begins to run; output that nobody can be found for belongs to it.
func (s *Server) enter(o *output) {
	s.cells.mu.Lock()
	s.cells.list = append(s.cells.list, o)
	s.cells.mu.Unlock()
	s.latest.Store(o)
}

// leave notes that it has ended.
func (s *Server) leave(o *output) {
	s.cells.mu.Lock()
	if i := slices.Index(s.cells.list, o); i >= 0 {
		s.cells.list = slices.Delete(s.cells.list, i, i+1)
	}
	s.cells.mu.Unlock()
}
