package server

import (
	"encoding/json"
	"errors"
	"sync"

	"lyceum/kernel/wire"
)

// inputs is the question that waits for an answer, if there is one.
type inputs struct {
	mu     sync.Mutex
	id     string // msg_id of the input_request
	answer chan string
	cancel chan struct{}
}

var (
	errNoInput   = errors.New("input: the front end that runs this cell cannot be asked (allow_stdin is false)")
	errCancelled = errors.New("input: interrupted")
)

// ask sends an input_request to the client whose cell asks, and waits (Jupyter messaging, "Messages on the
// stdin ROUTER/DEALER channel").
func (s *Server) ask(o *output, prompt string, password bool) (string, error) {
	if !o.stdin {
		return "", errNoInput
	}
	h := wire.NewHeader("input_request", s.id)
	answer, cancel := make(chan string, 1), make(chan struct{})
	s.inputs.mu.Lock()
	s.inputs.id, s.inputs.answer, s.inputs.cancel = h.MsgID, answer, cancel
	s.inputs.mu.Unlock()
	s.send(s.stdin, &wire.Message{Identities: o.req.Identities, Header: h, Parent: o.req.RawHeader,
		Body: map[string]any{"prompt": prompt, "password": password}})
	select {
	case a := <-answer:
		return a, nil
	case <-cancel:
		return "", errCancelled
	case <-s.done:
		return "", errCancelled
	}
}

// inputReply takes an answer. One to another question than the newest is dropped; clients that do not say
// which question they answer are believed.
func (s *Server) inputReply(m *wire.Message) {
	if m.Header.MsgType != "input_reply" {
		return
	}
	var c struct {
		Value any `json:"value"`
	}
	var parent struct {
		MsgID string `json:"msg_id"`
	}
	json.Unmarshal(m.Content, &c)
	json.Unmarshal(m.Parent, &parent)
	v, _ := c.Value.(string)
	s.inputs.mu.Lock()
	defer s.inputs.mu.Unlock()
	if s.inputs.answer == nil || parent.MsgID != "" && parent.MsgID != s.inputs.id {
		return
	}
	s.inputs.answer <- v
	s.inputs.answer = nil
}

// cancelInput ends a question that waits.
func (s *Server) cancelInput() {
	s.inputs.mu.Lock()
	defer s.inputs.mu.Unlock()
	if s.inputs.answer != nil {
		close(s.inputs.cancel)
		s.inputs.answer = nil
	}
}
