package transport

import (
	"bufio"
	"net"
	"time"
)

// A Client is the other end of a socket: a DEALER or SUB connection to a kernel, for tests and for a quick look
// whether a kernel answers.
type Client struct {
	c net.Conn
	r *bufio.Reader
}

// Dial connects to a kernel's socket. kind is "DEALER" or "SUB"; network "tcp" or "ipc".
func Dial(network, address, kind, identity string) (*Client, error) {
	if network == "ipc" {
		network = "unix"
	}
	c, err := net.DialTimeout(network, address, handshakeTime)
	if err != nil {
		return nil, err
	}
	k := &Client{c, bufio.NewReader(c)}
	c.SetDeadline(time.Now().Add(handshakeTime))
	if err := k.greet(kind, identity); err != nil {
		c.Close()
		return nil, err
	}
	c.SetDeadline(time.Time{})
	return k, nil
}

func (k *Client) greet(kind, identity string) error {
	ready := command("READY", properties(map[string]string{"Socket-Type": kind, "Identity": identity}))
	if _, err := k.c.Write(append(ourGreeting(), ready...)); err != nil {
		return err
	}
	var g [greetingSize]byte
	for n := 0; n < len(g); {
		m, err := k.r.Read(g[n:])
		if err != nil {
			return err
		}
		n += m
	}
	_, _, err := readFrame(k.r, maxReady)
	return err
}

// Send sends one message.
func (k *Client) Send(frames ...[]byte) error {
	_, err := k.c.Write(message(frames))
	return err
}

// Subscribe asks for messages whose first frame begins with topic.
func (k *Client) Subscribe(topic string) error { return k.Send(append([]byte{1}, topic...)) }

// Recv waits for the next message, at most the given time.
func (k *Client) Recv(limit time.Duration) ([][]byte, error) {
	k.c.SetReadDeadline(time.Now().Add(limit))
	var out [][]byte
	for {
		flags, body, err := readFrame(k.r, maxFrame)
		if err != nil {
			return nil, err
		}
		if flags&flagCommand != 0 {
			continue
		}
		out = append(out, body)
		if flags&flagMore == 0 {
			return out, nil
		}
	}
}

// Close ends the connection.
func (k *Client) Close() error { return k.c.Close() }
