// Package wire is the form of Jupyter messages: frames, headers, signatures and the connection file
// (Jupyter messaging protocol 5.5, "The wire protocol"). It does no input or output.
package wire

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// Version is the version of the messaging protocol in the headers of the kernel.
const Version = "5.5"

// Delimiter stands between the identities and the signature.
const Delimiter = "<IDS|MSG>"

// A Header identifies a message. Fields that the kernel does not know are kept for replies in Raw of the Message.
type Header struct {
	MsgID      string `json:"msg_id"`
	Session    string `json:"session"`
	Username   string `json:"username"`
	Date       string `json:"date"`
	MsgType    string `json:"msg_type"`
	Version    string `json:"version"`
	SubshellID string `json:"subshell_id,omitempty"`
}

// A Message is one message, received or to be sent.
type Message struct {
	Identities [][]byte
	Header     Header
	RawHeader  json.RawMessage // the header as received, which replies carry whole as their parent
	Parent     json.RawMessage // the parent's header; {} if there is none
	Metadata   map[string]any
	Content    json.RawMessage // as received
	Body       any             // what to send as content
	Buffers    [][]byte
	Number     int // of a request, for whoever counts them
}

// NewID returns a random identifier in the form of a UUID, version 4.
func NewID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// NewHeader returns a header of the kernel for a message of this type.
func NewHeader(msgType, session string) Header {
	return Header{MsgID: NewID(), Session: session, Username: "kernel", Date: time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"),
		MsgType: msgType, Version: Version}
}

var (
	errFrames = errors.New("not a Jupyter message: the delimiter or frames are missing")
	errJSON   = errors.New("not a Jupyter message: a frame is no JSON object")
)

// Frames signs the message and returns its frames.
func (m *Message) Frames(s *Signer) ([][]byte, error) {
	header, err := encode(m.Header)
	if err != nil {
		return nil, err
	}
	metadata := []byte("{}")
	if len(m.Metadata) > 0 {
		if metadata, err = encode(m.Metadata); err != nil {
			return nil, err
		}
	}
	content := []byte("{}")
	if m.Body != nil {
		if content, err = encode(m.Body); err != nil {
			return nil, fmt.Errorf("%s: %w", m.Header.MsgType, err)
		}
	}
	parent := []byte(m.Parent)
	if len(parent) == 0 || string(parent) == "null" {
		parent = []byte("{}")
	}
	out := append([][]byte{}, m.Identities...)
	out = append(out, []byte(Delimiter), s.Sign(header, parent, metadata, content), header, parent, metadata, content)
	return append(out, m.Buffers...), nil
}

// encode writes JSON without HTML escapes. encoding/json refuses NaN and infinities, which JSON does not have,
// and replaces bytes that are no UTF-8.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Parse reads and verifies a message.
func Parse(frames [][]byte, s *Signer) (*Message, error) {
	at := -1
	for i, f := range frames {
		if string(f) == Delimiter {
			at = i
			break
		}
	}
	if at < 0 || len(frames) < at+6 {
		return nil, errFrames
	}
	parts := frames[at+2 : at+6]
	if err := s.Verify(frames[at+1], parts); err != nil {
		return nil, err
	}
	m := &Message{Identities: frames[:at], RawHeader: parts[0], Content: parts[3], Buffers: frames[at+6:]}
	for _, p := range parts {
		if !object(p) {
			return nil, errJSON
		}
	}
	raw := map[string]any{}
	if err := json.Unmarshal(parts[0], &raw); err != nil {
		return nil, errJSON
	}
	for name, field := range map[string]*string{"msg_id": &m.Header.MsgID, "msg_type": &m.Header.MsgType, "session": &m.Header.Session, "subshell_id": &m.Header.SubshellID} {
		*field, _ = raw[name].(string) // a field of another type counts as missing
	}
	if m.Header.MsgType == "" {
		return nil, errors.New("not a Jupyter message: the header has no msg_type")
	}
	m.Parent = json.RawMessage(parts[1])
	json.Unmarshal(parts[2], &m.Metadata)
	return m, nil
}

// object reports whether b is a JSON object in UTF-8.
func object(b []byte) bool {
	t := bytes.TrimLeft(b, " \t\r\n")
	return len(t) > 0 && t[0] == '{' && utf8.Valid(b) && json.Valid(b)
}
