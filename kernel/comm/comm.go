// Package comm is two-way talk with the front end beside the cells: what widgets are made of (Jupyter messaging,
// "Custom messages").
//
// A comm has two ends with the same identifier. Either side opens it at a target, a name that the other side has
// registered; then both send each other JSON and binary buffers until one closes it.
//
//	comm.Register("echo", func(c *comm.Comm, opened comm.Message) {
//		c.OnMessage(func(m comm.Message) { c.Send(m.Data, m.Buffers...) })
//	})
package comm

import (
	"sync"

	"lyceum/kernel/display"
	"lyceum/kernel/wire"
)

// A Message is what travels through a comm.
type Message struct {
	Data     map[string]any // JSON: numbers are float64
	Metadata map[string]any
	Buffers  [][]byte // binary, beside the JSON
}

// A Channel is a display.Output that can send messages of comms. msgType is comm_open, comm_msg or comm_close;
// body has all of the content but the data.
type Channel interface {
	Comm(msgType string, body map[string]any, m Message)
}

// A Comm is one end of an open comm.
type Comm struct {
	id, target string

	mu        sync.Mutex
	closed    bool
	onMessage func(Message)
	onClose   func(Message)
}

var registry struct {
	sync.Mutex
	targets map[string]func(*Comm, Message)
	comms   map[string]*Comm
}

func init() {
	registry.targets = map[string]func(*Comm, Message){}
	registry.comms = map[string]*Comm{}
}

// Register says what happens when the front end opens a comm at a target. A second registration replaces the first.
func Register(target string, opened func(c *Comm, m Message)) {
	registry.Lock()
	registry.targets[target] = opened
	registry.Unlock()
}

// Open opens a comm at a target of the front end. Without a front end it goes nowhere.
func Open(target string, data map[string]any) *Comm {
	return OpenMessage(wire.NewID(), target, Message{Data: data})
}

// OpenMessage is Open with an identifier, metadata and buffers.
func OpenMessage(id, target string, m Message) *Comm {
	c := &Comm{id: id, target: target}
	registry.Lock()
	registry.comms[c.id] = c
	registry.Unlock()
	publish("comm_open", map[string]any{"comm_id": c.id, "target_name": target}, m)
	return c
}

func publish(msgType string, body map[string]any, m Message) {
	if ch, ok := display.Current().(Channel); ok {
		ch.Comm(msgType, body, m)
	}
}

// ID identifies the comm on both sides.
func (c *Comm) ID() string { return c.id }

// Target is the name at which the comm was opened.
func (c *Comm) Target() string { return c.target }

// OnMessage sets what happens with each message of the front end.
func (c *Comm) OnMessage(f func(m Message)) {
	c.mu.Lock()
	c.onMessage = f
	c.mu.Unlock()
}

// OnClose sets what happens when the front end closes the comm.
func (c *Comm) OnClose(f func(m Message)) {
	c.mu.Lock()
	c.onClose = f
	c.mu.Unlock()
}

// Send sends data and binary buffers to the front end. After Close it does nothing.
func (c *Comm) Send(data map[string]any, buffers ...[]byte) {
	c.SendMessage(Message{Data: data, Buffers: buffers})
}

// SendMessage is Send with metadata.
func (c *Comm) SendMessage(m Message) {
	c.mu.Lock()
	gone := c.closed
	c.mu.Unlock()
	if !gone {
		publish("comm_msg", map[string]any{"comm_id": c.id}, m)
	}
}

// Close closes both ends.
func (c *Comm) Close() {
	if c.forget() {
		publish("comm_close", map[string]any{"comm_id": c.id}, Message{})
	}
}

// forget reports whether the comm was open.
func (c *Comm) forget() bool {
	c.mu.Lock()
	was := !c.closed
	c.closed = true
	c.mu.Unlock()
	registry.Lock()
	if registry.comms[c.id] == c {
		delete(registry.comms, c.id)
	}
	registry.Unlock()
	return was
}
