// Package server is the kernel's loop: it reads requests from the sockets, finds the handler of each message
// type in a table, and answers. Every message type has a file of its own.
//
// Requests of the shell channel run one after another on a goroutine of their own, those of the control channel
// on another, so that the kernel answers, interrupts and ends while a cell runs.
package server

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"lyceum/kernel/debug"
	"lyceum/kernel/display"
	"lyceum/kernel/keeper"
	"lyceum/kernel/session"
	"lyceum/kernel/transport"
	"lyceum/kernel/wire"
)

// Session is what the server needs of package session.
type Session interface {
	Execute(session.Request) session.Result
	Call(out display.Output, f func()) *session.Error
	Interrupt()
	Evaluate(expr string, out display.Output) (display.Bundle, *session.Error)
	debug.Session
	Complete(code string, cursor int) session.Completion
	Inspect(code string, cursor, detail int) (display.Bundle, bool)
	IsComplete(code string) (status, indent string)
}

// Options of a kernel.
type Options struct {
	Implementation string // the version of the kernel
	HistoryFile    string // where input history is kept between sessions; empty keeps none
	// NewSession makes the session. It runs beside the first requests: the kernel says what it is before it can run code.
	NewSession func() (Session, error)
	Line       *keeper.Line    // to the process that starts the kernel again when it dies; nil if there is none
	Last       keeper.Obituary // of the kernel that died before this one
}

// Server is a running kernel.
type Server struct {
	opt    Options
	conn   *wire.Connection
	signer *wire.Signer
	id     string // the kernel's session in headers

	shell, control, stdin, iopub, hb *transport.Socket

	started chan struct{} // closed when sess or its error is there
	sess    Session
	sessErr error

	shells  shells
	capture *capture

	debugOnce sync.Once
	debugger  *debug.Adapter

	cells    cells
	latest   atomic.Pointer[output]
	listened atomic.Bool            // somebody has subscribed to iopub
	death    atomic.Pointer[string] // of the kernel before this one, until a cell has told of it
	inputs   inputs
	done     chan struct{}
	exitOnce sync.Once
}

// New binds the five sockets of a connection and begins to make the session.
func New(c *wire.Connection, opt Options) (*Server, error) {
	signer, err := wire.NewSigner(c.Scheme, c.Key)
	if err != nil {
		return nil, err
	}
	s := &Server{opt: opt, conn: c, signer: signer, id: wire.NewID(), started: make(chan struct{}), done: make(chan struct{})}
	s.shells.main = newShell(s, "", newHistory(opt.HistoryFile))
	s.shells.main.count = opt.Last.Count
	if err := s.bind(); err != nil {
		return nil, err
	}
	go func() {
		defer close(s.started)
		s.sess, s.sessErr = opt.NewSession()
	}()
	return s, nil
}

func (s *Server) bind() error {
	c := s.conn
	router := func(port int) (*transport.Socket, error) { return transport.Router(c.Transport, c.Address(port)) }
	for _, b := range []struct {
		name string
		port int
		to   **transport.Socket
	}{{"shell", c.Shell, &s.shell}, {"control", c.Control, &s.control}, {"stdin", c.Stdin, &s.stdin}, {"hb", c.HB, &s.hb}} {
		sock, err := router(b.port)
		if err != nil {
			s.closeSockets(0)
			return fmt.Errorf("the %s port cannot be opened: %w", b.name, err)
		}
		*b.to = sock
	}
	var err error
	if s.iopub, err = transport.Publisher(c.Transport, c.Address(c.IOPub), s.welcome); err != nil {
		s.closeSockets(0)
		return fmt.Errorf("the iopub port cannot be opened: %w", err)
	}
	return nil
}

// Run serves until a shutdown request, and returns the exit status of the process.
func (s *Server) Run() int {
	if c, err := newCapture(s); err == nil {
		s.capture = c
	}
	return s.serve()
}

// serve is Run without the redirection of descriptors.
func (s *Server) serve() int {
	go s.heartbeat()
	go s.receive(s.stdin, s.inputReply)
	s.opt.Line.Ready()
	s.unheard()
	go s.mourn(s.opt.Last)
	go s.receive(s.shell, func(m *wire.Message) { s.began(m, "shell"); s.dispatch(m) })
	go s.receive(s.control, func(m *wire.Message) { s.began(m, "control"); s.handle(m, s.control, s.shells.main, controlHandlers) })
	go s.shells.main.run()
	s.status("starting", nil)
	<-s.done
	s.opt.Line.Bye()
	s.shells.main.history.close()
	s.closeSockets(time.Second)
	return 0
}

func (s *Server) closeSockets(drain time.Duration) {
	var wg sync.WaitGroup
	for _, sock := range []*transport.Socket{s.shell, s.control, s.stdin, s.hb, s.iopub} {
		if sock != nil {
			wg.Add(1)
			go func() { defer wg.Done(); sock.Close(drain) }()
		}
	}
	wg.Wait()
}

// exit ends Run.
func (s *Server) exit() { s.exitOnce.Do(func() { close(s.done) }) }

// receive reads one socket. Messages that are not signed, not new or not JSON are dropped.
func (s *Server) receive(sock *transport.Socket, take func(*wire.Message)) {
	for {
		frames, err := sock.Recv()
		if err != nil {
			select {
			case <-s.done:
				return
			default:
				time.Sleep(time.Millisecond)
				continue
			}
		}
		m, err := wire.Parse(frames, s.signer)
		if err != nil {
			fmt.Fprintf(log, "lyceum kernel: message dropped: %v\n", err)
			continue
		}
		take(m)
	}
}

// heartbeat echoes whatever arrives (Jupyter messaging, "Heartbeat for kernels").
func (s *Server) heartbeat() {
	for {
		frames, err := s.hb.Recv()
		if err != nil {
			select {
			case <-s.done:
				return
			default:
				time.Sleep(time.Millisecond)
				continue
			}
		}
		s.hb.Send(frames)
	}
}

// session waits until the session is there.
func (s *Server) session() (Session, error) {
	<-s.started
	return s.sess, s.sessErr
}

// publish sends a message on iopub. parent is the header of the request it belongs to, or nil.
func (s *Server) publish(msgType string, parent json.RawMessage, body any, opts ...func(*wire.Message)) {
	m := &wire.Message{Header: wire.NewHeader(msgType, s.id), Parent: parent, Body: body,
		Identities: [][]byte{[]byte("kernel." + s.id + "." + msgType)}}
	for _, o := range opts {
		o(m)
	}
	s.send(s.iopub, m)
}

func (s *Server) send(sock *transport.Socket, m *wire.Message) {
	frames, err := m.Frames(s.signer)
	if err != nil {
		fmt.Fprintf(log, "lyceum kernel: %s not sent: %v\n", m.Header.MsgType, err)
		return
	}
	sock.Send(frames)
}

// reply answers a request on the channel it came from.
func (s *Server) reply(sock *transport.Socket, to *wire.Message, msgType string, body any) {
	s.send(sock, &wire.Message{Identities: to.Identities, Header: wire.NewHeader(msgType, s.id), Parent: to.RawHeader, Body: body})
}

func (s *Server) status(state string, parent json.RawMessage) {
	s.publish("status", parent, map[string]any{"execution_state": state})
}

// welcome is the first message of a new subscription (JEP 65).
func (s *Server) welcome(topic []byte) [][]byte {
	s.listened.Store(true)
	first := []byte("kernel." + s.id + ".iopub_welcome")
	if len(topic) > 0 { // the subscriber must get it, whatever it subscribed to
		first = append([]byte(nil), topic...)
	}
	m := &wire.Message{Header: wire.NewHeader("iopub_welcome", s.id), Body: map[string]any{"subscription": string(topic)}, Identities: [][]byte{first}}
	frames, err := m.Frames(s.signer)
	if err != nil {
		return [][]byte{first}
	}
	return frames
}
