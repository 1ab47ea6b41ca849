package server

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"lyceum/kernel/keeper"
	"lyceum/kernel/wire"
)

const (
	reconnect = 10 * time.Second // how long clients of a dead kernel are waited for
	listening = 2 * time.Second  // and their subscriptions: a client that waits for its reply alone renews none
	settle    = 200 * time.Millisecond
)

// afterDeath says why this kernel follows another; empty for the first.
func (s *Server) afterDeath() string {
	if s.opt.Last.Reason == "" {
		return ""
	}
	return fmt.Sprintf("the process of the kernel died: %s. It runs again, but what earlier cells defined is gone: run them again", s.opt.Last.Reason)
}

// unheard keeps the death for the next cell when no cell ran whose answer tells of it: what earlier cells defined is missing
// then, and nobody knows why.
func (s *Server) unheard() {
	ran := func(p keeper.Pending) bool { return p.Type == "execute_request" }
	if text := s.afterDeath(); text != "" && s.opt.Last.Count > 0 && !slices.ContainsFunc(s.opt.Last.Waiting, ran) {
		text += "\n"
		s.death.Store(&text)
	}
}

// mourn answers what the kernel before this one left unanswered when it died.
func (s *Server) mourn(last keeper.Obituary) {
	text := s.afterDeath()
	if text == "" {
		return
	}
	fmt.Fprintln(log, "lyceum kernel:", text)
	if len(last.Waiting) == 0 {
		return
	}
	end := time.Now().Add(reconnect)
	for begun := time.Now(); !s.listened.Load() && time.Since(begun) < listening; {
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(settle) // there may be more than one
	first := true
	for _, p := range last.Waiting {
		s.answerFor(p, text, first && p.Type == "execute_request", end)
		first = first && p.Type != "execute_request"
	}
}

// answerFor gives a request of the dead kernel an error. ran says that it is the cell that ran; the others only waited.
func (s *Server) answerFor(p keeper.Pending, text string, ran bool, end time.Time) {
	defer s.status("idle", p.Header)
	const name = "kernel died"
	body := map[string]any{"status": "error", "ename": name, "evalue": text, "traceback": []string{text}}
	if p.Type == "execute_request" {
		body["execution_count"], body["user_expressions"], body["payload"] = s.shells.main.count, map[string]any{}, []any{}
		if ran {
			s.publish("error", p.Header, map[string]any{"ename": name, "evalue": text, "traceback": []string{text}})
		} else {
			body["status"], body["evalue"] = "aborted", "the kernel died before this cell ran"
			delete(body, "execution_count")
		}
	}
	sock := s.shell
	if p.Channel == "control" {
		sock = s.control
	}
	for len(p.Identities) > 0 && !sock.Connected(p.Identities[0]) && time.Now().Before(end) {
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(5 * time.Millisecond) // the socket learns of the peer a moment later
	s.reply(sock, &wire.Message{Identities: p.Identities, RawHeader: p.Header}, strings.TrimSuffix(p.Type, "_request")+"_reply", body)
}

// began and ended tell the keeper which requests have no answer.
func (s *Server) began(m *wire.Message, channel string) {
	if s.opt.Line == nil {
		return
	}
	m.Number = s.opt.Line.Began(keeper.Pending{Channel: channel, Type: m.Header.MsgType, Identities: m.Identities, Header: m.RawHeader})
}

func (s *Server) ended(m *wire.Message) {
	if s.opt.Line != nil {
		s.opt.Line.Ended(m.Number)
	}
}
