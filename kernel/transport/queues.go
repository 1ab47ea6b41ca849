package transport

import (
	"io"
	"net"
	"sync"
	"time"
)

// maxInbox is how many bytes of requests may wait; then the peer is not read any more until some are served.
const maxInbox = 64 << 20

// inbox is the stream from the guard to zmq4.
type inbox struct {
	mu     sync.Mutex
	cond   *sync.Cond
	chunks [][]byte
	size   int
	idle   bool // zmq4 has handled what it was given, and waits for more
	closed bool
}

func newInbox() *inbox {
	b := &inbox{}
	b.cond = sync.NewCond(&b.mu)
	return b
}

// put waits while the box is full; it reports false when the box is closed.
func (b *inbox) put(p []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.size > maxInbox && !b.closed {
		b.cond.Wait()
	}
	if b.closed {
		return false
	}
	b.chunks = append(b.chunks, p)
	b.size += len(p)
	b.idle = false
	b.cond.Broadcast()
	return true
}

// handled waits until zmq4 has taken everything and come back for more: what it does on the way is done then.
func (b *inbox) handled() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for !b.idle && !b.closed {
		b.cond.Wait()
	}
}

func (b *inbox) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.chunks) == 0 && !b.closed {
		b.idle = true
		b.cond.Broadcast()
		b.cond.Wait()
	}
	if len(b.chunks) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.chunks[0])
	b.size -= n
	if n == len(b.chunks[0]) {
		b.chunks = b.chunks[1:]
	} else {
		b.chunks[0] = b.chunks[0][n:]
	}
	b.cond.Broadcast()
	return n, nil
}

func (b *inbox) close() {
	b.mu.Lock()
	b.closed = true
	b.cond.Broadcast()
	b.mu.Unlock()
}

const (
	// maxOutbox is how many bytes may wait for a peer.
	maxOutbox = 64 << 20
	// progress is how long a peer whose box is full may take nothing before it is given up. Meanwhile the
	// others wait too, so it is short.
	progress = 300 * time.Millisecond
)

// outbox queues messages for one peer. A goroutine writes them, many at once when they come fast.
type outbox struct {
	c      net.Conn
	mu     sync.Mutex
	cond   *sync.Cond
	queue  [][]byte
	size   int // bytes queued or being written
	moved  time.Time
	closed bool
}

func newOutbox(c net.Conn) *outbox {
	o := &outbox{c: c, moved: time.Now()}
	o.cond = sync.NewCond(&o.mu)
	go o.run()
	return o
}

// put queues a message. It reports false when the peer is gone or given up.
func (o *outbox) put(m []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.size > maxOutbox && !o.closed {
		left := progress - time.Since(o.moved)
		if left <= 0 {
			o.closed = true
			o.queue, o.size = nil, 0
			o.cond.Broadcast()
			o.c.Close()
			return false
		}
		t := time.AfterFunc(left, o.cond.Broadcast)
		o.cond.Wait()
		t.Stop()
	}
	if o.closed {
		return false
	}
	if o.size == 0 {
		o.moved = time.Now()
	}
	o.queue = append(o.queue, m)
	o.size += len(m)
	o.cond.Broadcast()
	return true
}

// run writes until the box is closed.
func (o *outbox) run() {
	for {
		o.mu.Lock()
		for len(o.queue) == 0 && !o.closed {
			o.cond.Wait()
		}
		if o.closed && len(o.queue) == 0 {
			o.mu.Unlock()
			return
		}
		batch := o.queue
		o.queue = nil
		o.mu.Unlock()
		if !o.write(batch) {
			return
		}
	}
}

func (o *outbox) write(batch [][]byte) bool {
	bufs := net.Buffers(batch)
	for len(bufs) > 0 {
		// One system call's worth at a time, so that progress is seen.
		part := bufs
		if len(part) > 64 {
			part = part[:64]
		}
		rest := bufs[len(part):]
		piece := append(net.Buffers(nil), part...)
		for len(piece) > 0 {
			n, err := o.c.Write(first(&piece))
			o.mu.Lock()
			o.size -= n
			o.moved = time.Now()
			if err != nil {
				o.closed = true
				o.queue, o.size = nil, 0
			}
			o.cond.Broadcast()
			o.mu.Unlock()
			if err != nil {
				o.c.Close()
				return false
			}
		}
		bufs = rest
	}
	return true
}

// first takes the next bytes to write: small messages joined, large ones in steps.
func first(bufs *net.Buffers) []byte {
	const step = 1 << 16
	b := (*bufs)[0]
	if len(b) > step {
		(*bufs)[0] = b[step:]
		return b[:step]
	}
	*bufs = (*bufs)[1:]
	if len(*bufs) == 0 || len(b)+len((*bufs)[0]) > step {
		return b
	}
	joined := append([]byte(nil), b...)
	for len(*bufs) > 0 && len(joined)+len((*bufs)[0]) <= step {
		joined = append(joined, (*bufs)[0]...)
		*bufs = (*bufs)[1:]
	}
	return joined
}

// flushed waits until everything is written, the peer is gone, or the deadline.
func (o *outbox) flushed(deadline time.Time) {
	t := time.AfterFunc(time.Until(deadline), o.cond.Broadcast)
	defer t.Stop()
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.size > 0 && !o.closed && time.Now().Before(deadline) {
		o.cond.Wait()
	}
}

func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.cond.Broadcast()
	o.mu.Unlock()
}
