package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
)

// Flags of a frame (ZMTP 3.1, "Framing").
const (
	flagMore    = 1
	flagLong    = 2
	flagCommand = 4
)

const (
	greetingSize = 64
	maxReady     = 4096    // a READY command is small
	maxFrame     = 1 << 28 // 256 MB
	maxMessage   = 1 << 29
	maxFrames    = 1 << 16
	readStep     = 1 << 16 // a frame's announced size is believed only as its bytes arrive
)

var errProtocol = errors.New("the peer does not speak ZMTP 3 with the NULL mechanism")

// ourGreeting is signature, version 3.0, mechanism NULL, not a server.
func ourGreeting() []byte {
	g := make([]byte, greetingSize)
	g[0], g[9] = 0xff, 0x7f
	g[8] = 0
	g[10] = 3
	copy(g[12:], "NULL")
	return g
}

// compatible are the peers of our socket types.
var compatible = map[string]map[string]bool{
	"ROUTER": {"REQ": true, "DEALER": true, "ROUTER": true},
	"XPUB":   {"SUB": true, "XSUB": true},
}

// handshake exchanges greetings and READY commands and returns the peer's identity.
func handshake(c net.Conn, kind string) (identity string, err error) {
	if _, err := c.Write(ourGreeting()); err != nil {
		return "", err
	}
	var g [greetingSize]byte
	if _, err := io.ReadFull(c, g[:10]); err != nil {
		return "", err
	}
	if g[0] != 0xff || g[9]&1 == 0 {
		return "", errProtocol
	}
	if _, err := io.ReadFull(c, g[10:]); err != nil {
		return "", err
	}
	if g[10] < 3 || string(bytes.TrimRight(g[12:32], "\x00")) != "NULL" {
		return "", errProtocol
	}
	if _, err := c.Write(command("READY", properties(map[string]string{"Socket-Type": kind, "Identity": ""}))); err != nil {
		return "", err
	}
	flags, body, err := readFrame(c, maxReady)
	if err != nil {
		return "", err
	}
	name, data, err := parseCommand(body)
	if err != nil || flags&flagCommand == 0 || name != "READY" {
		return "", errProtocol
	}
	props, err := parseProperties(data)
	if err != nil {
		return "", err
	}
	if !compatible[kind][props["socket-type"]] {
		return "", fmt.Errorf("a %s cannot talk to a %s", props["socket-type"], kind)
	}
	if len(props["identity"]) > 255 {
		return "", errProtocol
	}
	return props["identity"], nil
}

// frame writes one frame.
func frame(flags byte, body []byte) []byte {
	if len(body) < 256 {
		return append([]byte{flags, byte(len(body))}, body...)
	}
	b := make([]byte, 9, 9+len(body))
	b[0] = flags | flagLong
	binary.BigEndian.PutUint64(b[1:], uint64(len(body)))
	return append(b, body...)
}

// command writes a command frame: a name with its length, and data.
func command(name string, data []byte) []byte {
	return frame(flagCommand, append(append([]byte{byte(len(name))}, name...), data...))
}

// message writes frames as one multi-part message.
func message(frames [][]byte) []byte {
	var b []byte
	for i, f := range frames {
		flags := byte(flagMore)
		if i == len(frames)-1 {
			flags = 0
		}
		b = append(b, frame(flags, f)...)
	}
	return b
}

func properties(m map[string]string) []byte {
	var b []byte
	for _, k := range []string{"Socket-Type", "Identity"} {
		b = append(append(b, byte(len(k))), k...)
		b = binary.BigEndian.AppendUint32(b, uint32(len(m[k])))
		b = append(b, m[k]...)
	}
	return b
}

// parseProperties reads the metadata of a READY command; names are not case-sensitive.
func parseProperties(b []byte) (map[string]string, error) {
	m := map[string]string{}
	for len(b) > 0 {
		n := int(b[0])
		if len(b) < 1+n+4 {
			return nil, errProtocol
		}
		name := strings.ToLower(string(b[1 : 1+n]))
		size := binary.BigEndian.Uint32(b[1+n:])
		b = b[1+n+4:]
		if uint64(size) > uint64(len(b)) {
			return nil, errProtocol
		}
		m[name] = string(b[:size])
		b = b[size:]
	}
	return m, nil
}

func parseCommand(b []byte) (name string, data []byte, err error) {
	if len(b) == 0 || len(b) < 1+int(b[0]) {
		return "", nil, errProtocol
	}
	n := int(b[0])
	return string(b[1 : 1+n]), b[1+n:], nil
}

// readFrame reads one frame of at most limit bytes.
func readFrame(r io.Reader, limit int) (flags byte, body []byte, err error) {
	var h [9]byte
	if _, err := io.ReadFull(r, h[:2]); err != nil {
		return 0, nil, err
	}
	flags = h[0]
	if flags&^(flagMore|flagLong|flagCommand) != 0 || flags&flagCommand != 0 && flags&flagMore != 0 {
		return 0, nil, errProtocol
	}
	size := uint64(h[1])
	if flags&flagLong != 0 {
		if _, err := io.ReadFull(r, h[2:]); err != nil {
			return 0, nil, err
		}
		size = binary.BigEndian.Uint64(h[1:])
	}
	if size > uint64(limit) {
		return 0, nil, fmt.Errorf("a frame of %d bytes: the limit is %d", size, limit)
	}
	for uint64(len(body)) < size {
		n := min(int(size)-len(body), max(readStep, len(body)))
		at := len(body)
		body = append(body, make([]byte, n)...)
		if _, err := io.ReadFull(r, body[at:]); err != nil {
			return 0, nil, err
		}
	}
	return flags &^ flagLong, body, nil
}
