// Package transport is the kernel's sockets, and the only importer of zmq4.
//
// zmq4 speaks ZMTP between well-behaved peers. The kernel's ports are open to whatever connects, so the bytes
// go through a transport of our own (guard) that zmq4 offers a place for: it shakes hands with each peer under
// a deadline, reads and checks every frame before zmq4 sees it, answers heartbeats, and queues what is written,
// so that a peer that does not read harms nobody else. Source of the wire format: ZMTP 3.1, rfc.zeromq.org/spec/37.
package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/go-zeromq/zmq4"
)

// A Socket is one bound socket of the kernel.
type Socket struct {
	zmq   zmq4.Socket
	guard *listener
}

// Router binds a ROUTER socket: received messages begin with the identity of the peer, and so must sent ones.
// network is "tcp" or "ipc"; address is host:port, or a path.
func Router(network, address string) (*Socket, error) {
	return bind(network, address, "ROUTER", nil, func(ctx context.Context) zmq4.Socket {
		return zmq4.NewRouter(ctx, zmq4.WithLogger(quiet))
	})
}

// Publisher binds an XPUB socket. welcome makes the first message for each new subscription of each peer
// (JEP 65: iopub_welcome); it may be nil.
func Publisher(network, address string, welcome func(topic []byte) [][]byte) (*Socket, error) {
	return bind(network, address, "XPUB", welcome, func(ctx context.Context) zmq4.Socket {
		return zmq4.NewXPub(ctx, zmq4.WithLogger(quiet))
	})
}

// quiet swallows zmq4's log: what is wrong with a peer is the peer's affair.
var quiet = log.New(io.Discard, "", 0)

func bind(network, address, kind string, welcome func([]byte) [][]byte, make func(context.Context) zmq4.Socket) (*Socket, error) {
	l, err := listen(network, address)
	if err != nil {
		return nil, err
	}
	g := newListener(l, kind, welcome)
	key := fmt.Sprintf("guard-%p", g)
	pending.Store(key, g)
	s := &Socket{zmq: make(context.Background()), guard: g}
	if err := s.zmq.Listen(scheme + "://" + key); err != nil {
		l.Close()
		return nil, err
	}
	return s, nil
}

// leaving is how long a kernel that was killed may take until its sockets are gone; the next one often wants the same.
const leaving = 3 * time.Second

// listen opens the port, or the socket file, and waits a little for one that is still in use.
func listen(network, address string) (l net.Listener, err error) {
	for end := time.Now().Add(leaving); ; time.Sleep(20 * time.Millisecond) {
		l, err = listenNow(network, address)
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(end) {
			return l, err
		}
	}
}

// listenNow opens the port, or the socket file. A file that a killed kernel left behind is removed if nobody listens on it.
func listenNow(network, address string) (net.Listener, error) {
	if network == "ipc" {
		if c, err := net.DialTimeout("unix", address, time.Second); err == nil {
			c.Close()
			return nil, fmt.Errorf("%s: another process listens there: %w", address, syscall.EADDRINUSE)
		}
		if st, err := os.Lstat(address); err == nil && st.Mode()&os.ModeSocket != 0 {
			os.Remove(address)
		}
		return net.Listen("unix", address)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if host == "*" {
		host = "0.0.0.0"
	}
	return net.Listen("tcp", net.JoinHostPort(host, port))
}

// Recv waits for the next message. It fails when the socket is closed.
func (s *Socket) Recv() ([][]byte, error) {
	m, err := s.zmq.Recv()
	return m.Frames, err
}

// Send queues a message. It does not wait for the peer.
func (s *Socket) Send(frames [][]byte) error { return s.zmq.SendMulti(zmq4.NewMsgFrom(frames...)) }

// Connected reports whether a peer that calls itself so is connected.
func (s *Socket) Connected(identity []byte) bool {
	s.guard.mu.Lock()
	defer s.guard.mu.Unlock()
	for _, name := range s.guard.conns {
		if name == string(identity) {
			return true
		}
	}
	return false
}

// Addr is where the socket listens.
func (s *Socket) Addr() net.Addr { return s.guard.raw.Addr() }

// Close stops listening, waits up to the given time for queued messages to leave, and closes all connections.
func (s *Socket) Close(drain time.Duration) {
	s.guard.raw.Close()
	if s.guard.kind == "XPUB" { // zmq4 hands publications over on a goroutine of its own
		s.Send([][]byte{[]byte(s.guard.marker)})
	}
	s.guard.drain(drain)
	s.zmq.Close()
}

// scheme is the name under which zmq4 knows the guard.
const scheme = "lyceum-guard"

// pending hands listeners that are open already to zmq4, which opens them by name.
var pending sync.Map

func init() {
	if err := zmq4.RegisterTransport(scheme, guarded{}); err != nil {
		panic(err) // the name is ours alone
	}
}

// guarded implements zmq4's transport interface.
type guarded struct{}

func (guarded) Dial(context.Context, dialer, string) (net.Conn, error) {
	return nil, fmt.Errorf("%s: the kernel only listens", scheme)
}

func (guarded) Listen(_ context.Context, key string) (net.Listener, error) {
	g, ok := pending.LoadAndDelete(key)
	if !ok {
		return nil, fmt.Errorf("%s: unknown listener %q", scheme, key)
	}
	return g.(*listener), nil
}

func (guarded) Addr(ep string) (string, error) { return strings.TrimSpace(ep), nil }
