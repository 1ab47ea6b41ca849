//go:build unix

package server

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// capture redirects the descriptors 1 and 2 of the process to pipes, so that what compiled code and child
// processes print becomes output of the running cell. The kernel's own log goes on to the real standard error.
type capture struct {
	s     *Server
	pipes [2]pipe
}

type pipe struct {
	name string
	fd   int
	mu   sync.Mutex // held while a piece is read and handed on
	buf  [1 << 16]byte
	last []byte // what came since the runtime began to report a fault that ends the process
}

var fatalError = []byte("fatal error: ")

func newCapture(s *Server) (*capture, error) {
	saved, err := unix.Dup(2)
	if err != nil {
		return nil, err
	}
	unix.CloseOnExec(saved)
	log = os.NewFile(uintptr(saved), "stderr")
	c := &capture{s: s}
	for i, name := range []string{"stdout", "stderr"} {
		var fds [2]int
		if kept, ok := s.opt.Line.Errors(); ok && i == 1 {
			fds = kept
		} else if err := unix.Pipe(fds[:]); err != nil {
			return nil, err
		}
		if err := unix.Dup2(fds[1], i+1); err != nil {
			return nil, fmt.Errorf("descriptor %d cannot be redirected: %w", i+1, err)
		}
		unix.Close(fds[1])
		unix.CloseOnExec(fds[0])
		unix.SetNonblock(fds[0], true)
		c.pipes[i].name, c.pipes[i].fd = name, fds[0]
		go c.copy(&c.pipes[i])
	}
	return c, nil
}

// copy hands on what arrives while nobody drains.
func (c *capture) copy(p *pipe) {
	for {
		fds := []unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR {
			return
		}
		if fds[0].Revents&(unix.POLLNVAL|unix.POLLERR) != 0 {
			return
		}
		if fds[0].Revents&unix.POLLHUP != 0 && fds[0].Revents&unix.POLLIN == 0 {
			time.Sleep(50 * time.Millisecond) // a cell closed its descriptor; a child may still open it
			continue
		}
		c.read(p)
	}
}

// read takes what is in the pipe without waiting.
func (c *capture) read(p *pipe) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		n, err := unix.Read(p.fd, p.buf[:])
		if n <= 0 || err != nil {
			return
		}
		c.heed(p, p.buf[:n])
		if o := c.s.newest(); o != nil {
			o.Stream(p.name, p.buf[:n])
		}
	}
}

// heed notes the first line of a fault of the runtime, which comes in several pieces.
func (c *capture) heed(p *pipe, piece []byte) {
	const most = 1000 // bytes of a line
	if p.name != "stderr" {
		return
	}
	if len(p.last) == 0 {
		at := bytes.LastIndex(piece, fatalError)
		if at < 0 {
			return
		}
		piece = piece[at:]
	}
	line, _, whole := bytes.Cut(piece, []byte("\n"))
	if p.last = append(p.last, line...); whole {
		p.last = append(p.last, '\n')
	}
	c.s.opt.Line.Fatal(string(p.last))
	if whole || len(p.last) > most {
		p.last = nil
	}
}

// drain takes everything that is in the pipes now.
func (c *capture) drain() {
	for i := range c.pipes {
		c.read(&c.pipes[i])
	}
}
