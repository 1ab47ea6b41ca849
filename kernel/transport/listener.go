package transport

import (
	"crypto/rand"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4/transport"
)

type dialer = transport.Dialer

const (
	handshakeTime = 30 * time.Second // as libzmq has it
	handshakes    = 64               // peers that may be in the middle of a handshake at once; one more takes the place of the oldest
)

// listener accepts connections, shakes hands with each in a goroutine of its own, and gives zmq4 only those
// that have finished.
type listener struct {
	raw     net.Listener
	kind    string // our socket type
	welcome func(topic []byte) [][]byte
	marker  string // the topic of a publication that says "no more"; it goes no further than the connection
	ready   chan *conn
	closed  chan struct{}

	mu      sync.Mutex
	conns   map[*conn]string // the names that the peers give themselves
	shaking []net.Conn       // in the middle of a handshake, the oldest first
}

func newListener(raw net.Listener, kind string, welcome func([]byte) [][]byte) *listener {
	l := &listener{raw: raw, kind: kind, welcome: welcome, marker: "end of publications " + rand.Text(), ready: make(chan *conn), closed: make(chan struct{}),
		conns: map[*conn]string{}}
	go l.run()
	return l
}

func (l *listener) run() {
	defer close(l.closed)
	for {
		c, err := l.raw.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // no descriptors left, for example: those who are connected are still served
			time.Sleep(50 * time.Millisecond)
			continue
		}
		l.begin(c)
		go l.greet(c)
	}
}

// begin makes room for a handshake. A peer that means it has finished long before it is the oldest; without this, a few hundred
// who connect and say nothing would keep everybody out for as long as a handshake may take, again and again.
func (l *listener) begin(raw net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.shaking) >= handshakes {
		l.shaking[0].Close()
		l.shaking = l.shaking[1:]
	}
	l.shaking = append(l.shaking, raw)
}

func (l *listener) end(raw net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.shaking, raw); i >= 0 {
		l.shaking = slices.Delete(l.shaking, i, i+1)
	}
}

// greet shakes hands; a peer that fails is cut off without a word.
func (l *listener) greet(raw net.Conn) {
	raw.SetDeadline(time.Now().Add(handshakeTime))
	identity, err := handshake(raw, l.kind)
	l.end(raw)
	if err != nil {
		raw.Close()
		return
	}
	raw.SetDeadline(time.Time{})
	c := newConn(raw, l, identity)
	l.mu.Lock()
	l.conns[c] = identity
	l.mu.Unlock()
	select {
	case l.ready <- c:
	case <-l.closed:
		c.Close()
	}
}

func (l *listener) forget(c *conn) {
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
}

// drain waits until every connection has written what is queued, or the time is over. A publisher's last message must be the
// marker.
func (l *listener) drain(limit time.Duration) {
	deadline := time.Now().Add(limit)
	l.mu.Lock()
	conns := make([]*conn, 0, len(l.conns))
	for c := range l.conns {
		conns = append(conns, c)
	}
	l.mu.Unlock()
	for _, c := range conns {
		if l.kind == "XPUB" {
			select {
			case <-c.last:
			case <-time.After(time.Until(deadline)):
			}
		}
		c.out.flushed(deadline)
	}
}

// Accept gives zmq4 the next connection.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.ready:
		return c, nil
	case <-l.closed:
		time.Sleep(10 * time.Millisecond) // zmq4 asks again and again until its own context ends
		return nil, net.ErrClosed
	}
}

// Close stops listening.
func (l *listener) Close() error { return l.raw.Close() }

// Addr is where the listener listens.
func (l *listener) Addr() net.Addr { return l.raw.Addr() }
