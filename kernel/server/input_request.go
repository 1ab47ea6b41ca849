package server

import (
	"encoding/json"
	"errors"
	"slices"
	"sync"

	"lyceum/kernel/wire"
)

// inputs are the questions that wait for an answer, the newest last: one for each shell at most.
type inputs struct {
	mu      sync.Mutex
	waiting []*question
}

type question struct {
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
	q := &question{h.MsgID, make(chan string, 1), make(chan struct{})}
	s.inputs.mu.Lock()
	s.inputs.waiting = append(s.inputs.waiting, q)
	s.inputs.mu.Unlock()
	s.send(s.stdin, &wire.Message{Identities: o.req.Identities, Header: h, Parent: o.req.RawHeader,
		Body: map[string]any{"prompt": prompt, "password": password}})
	select {
	case a := <-q.answer:
		return a, nil
	case <-q.cancel:
		return "", errCancelled
	case <-s.done:
		return "", errCancelled
	}
}

// inputReply takes an answer. One to a question that does not wait is dropped; clients that do not say which
// question they answer answer the newest.
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
	for i := len(s.inputs.waiting) - 1; i >= 0; i-- {
		if q := s.inputs.waiting[i]; parent.MsgID == "" || parent.MsgID == q.id {
			q.answer <- v
			s.inputs.waiting = slices.Delete(s.inputs.waiting, i, i+1)
			return
		}
	}
}

// cancelInput ends the questions that wait.
func (s *Server) cancelInput() {
	s.inputs.mu.Lock()
	defer s.inputs.mu.Unlock()
	for _, q := range s.inputs.waiting {
		close(q.cancel)
	}
	s.inputs.waiting = nil
}
