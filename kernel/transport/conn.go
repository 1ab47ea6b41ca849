package transport

import (
	"bufio"
	"bytes"
	"net"
	"sync"
	"time"
)

// conn is what zmq4 sees of a connection: a stream that begins with a greeting and a READY command, which
// are played to it, and then carries whole, checked messages.
type conn struct {
	net.Conn
	l   *listener
	in  *inbox
	out *outbox

	skip int    // bytes of zmq4's own greeting still to be swallowed
	raw  []byte // bytes of zmq4 that do not make a message yet
	said bool   // zmq4's READY has been swallowed

	topicsMu sync.Mutex
	topics   map[string]int // subscriptions, counted

	born time.Time
	once sync.Once
	last chan struct{} // closed when the last publication has come, or the connection ended
	end  sync.Once     // closes last
}

func newConn(raw net.Conn, l *listener, identity string) *conn {
	c := &conn{Conn: raw, l: l, in: newInbox(), out: newOutbox(raw), skip: greetingSize, topics: map[string]int{}, born: time.Now(), last: make(chan struct{})}
	kind := map[string]string{"ROUTER": "DEALER", "XPUB": "SUB"}[l.kind]
	c.in.put(ourGreeting())
	c.in.put(command("READY", properties(map[string]string{"Socket-Type": kind, "Identity": identity})))
	if l.kind == "XPUB" { // zmq4 sends everything to everybody; who wants what is decided here
		c.in.put(frame(0, []byte{1}))
	}
	go c.read()
	return c
}

// joining is how long the first request on a new connection is held back. A client opens its subscription beside it, and
// would miss what is published if the request were served before the subscription has arrived.
const joining = 20 * time.Millisecond

// read takes frames from the peer until it goes away or breaks the rules.
func (c *conn) read() {
	defer c.Close()
	if c.l.kind == "XPUB" {
		c.in.handled() // a welcome promises what is published from here on, so zmq4 must have the subscription
	}
	r := bufio.NewReaderSize(c.Conn, readStep)
	var parts []byte
	frames, first := 0, true
	for {
		flags, body, err := readFrame(r, maxFrame)
		if err != nil {
			return
		}
		if flags&flagCommand != 0 {
			if !c.command(body) {
				return
			}
			continue
		}
		if c.l.kind == "XPUB" {
			if flags&flagMore == 0 && len(body) > 0 && body[0] <= 1 {
				c.subscribe(body[0] == 1, body[1:])
			}
			continue // a subscriber has nothing else to say
		}
		parts = append(parts, frame(flags, body)...)
		frames++
		if len(parts) > maxMessage || frames > maxFrames {
			return
		}
		if flags&flagMore == 0 {
			if first {
				first = false
				time.Sleep(joining - time.Since(c.born))
			}
			if !c.in.put(parts) {
				return
			}
			parts, frames = nil, 0
		}
	}
}

// command answers what concerns the connection itself.
func (c *conn) command(body []byte) bool {
	name, data, err := parseCommand(body)
	if err != nil {
		return false
	}
	switch name {
	case "PING": // a time to live of two bytes, then a context to be sent back
		if len(data) < 2 || len(data) > 18 {
			return false
		}
		return c.out.put(command("PONG", data[2:]))
	case "SUBSCRIBE", "CANCEL":
		c.subscribe(name == "SUBSCRIBE", data)
	case "ERROR":
		return false
	}
	return true
}

// subscribe notes a subscription; the welcome is queued under the same lock, so it is the first message that
// the subscription lets through.
func (c *conn) subscribe(on bool, topic []byte) {
	c.topicsMu.Lock()
	defer c.topicsMu.Unlock()
	t := string(topic)
	if !on {
		if c.topics[t]--; c.topics[t] <= 0 {
			delete(c.topics, t)
		}
		return
	}
	c.topics[t]++
	if c.l.welcome != nil {
		c.out.put(message(c.l.welcome(topic)))
	}
}

// wants reports whether a message with this first frame is subscribed to.
func (c *conn) wants(topic []byte) bool {
	if len(c.topics) < 32 {
		for t := range c.topics {
			if len(t) <= len(topic) && string(topic[:len(t)]) == t {
				return true
			}
		}
		return false
	}
	for n := range len(topic) + 1 {
		if c.topics[string(topic[:n])] > 0 {
			return true
		}
	}
	return false
}

// Read gives zmq4 what the peer has sent.
func (c *conn) Read(p []byte) (int, error) { return c.in.Read(p) }

// Write takes bytes from zmq4 and queues whole messages.
func (c *conn) Write(p []byte) (int, error) {
	n := len(p)
	if c.skip > 0 {
		k := min(c.skip, len(p))
		c.skip -= k
		p = p[k:]
	}
	c.raw = append(c.raw, p...)
	for {
		size := messageSize(c.raw)
		if size == 0 {
			return n, nil
		}
		m := c.raw[:size:size]
		c.raw = append([]byte(nil), c.raw[size:]...)
		if !c.said { // zmq4's READY: the peer has ours already
			c.said = true
			continue
		}
		if !c.deliver(m) {
			c.Close()
			return 0, net.ErrClosed
		}
	}
}

func (c *conn) deliver(m []byte) bool {
	if c.l.kind != "XPUB" {
		return c.out.put(m)
	}
	c.topicsMu.Lock()
	defer c.topicsMu.Unlock()
	_, topic, err := readFrame(bytes.NewReader(m), maxFrame)
	switch {
	case err != nil:
		return true
	case string(topic) == c.l.marker:
		c.end.Do(func() { close(c.last) })
		return true
	case !c.wants(topic):
		return true
	}
	return c.out.put(m)
}

// messageSize returns the length of the first whole message in b, 0 if there is none.
func messageSize(b []byte) int {
	at := 0
	for {
		if len(b) < at+2 {
			return 0
		}
		flags, head, size := b[at], 2, int(b[at+1])
		if flags&flagLong != 0 {
			if len(b) < at+9 {
				return 0
			}
			head, size = 9, 0
			for _, x := range b[at+1 : at+9] {
				size = size<<8 | int(x)
			}
		}
		at += head + size
		if len(b) < at {
			return 0
		}
		if flags&flagMore == 0 {
			return at
		}
	}
}

// Close writes what is queued, for a moment, and ends the connection.
func (c *conn) Close() error {
	c.once.Do(func() {
		c.in.close()
		c.end.Do(func() { close(c.last) })
		c.l.forget(c)
		go func() {
			c.out.flushed(time.Now().Add(time.Second))
			c.out.close()
			c.Conn.Close()
		}()
	})
	return nil
}

// zmq4 sets no deadlines; the guard has its own.
func (c *conn) SetDeadline(time.Time) error      { return nil }
func (c *conn) SetReadDeadline(time.Time) error  { return nil }
func (c *conn) SetWriteDeadline(time.Time) error { return nil }
