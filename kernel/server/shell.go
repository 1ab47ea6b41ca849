package server

import (
	"slices"
	"sync"

	"lyceum/kernel/transport"
	"lyceum/kernel/wire"
)

// A shell runs the requests of the shell channel one after another: the main shell those without a subshell_id, each
// subshell its own (JEP 91, "kernel subshells"). Shells share the session; execution counts, input history and what an
// error aborts are their own.
type shell struct {
	s       *Server
	id      string // empty for the main shell
	count   int    // execution count; only the shell's goroutine changes it
	history *history

	mu      sync.Mutex
	cond    *sync.Cond
	waiting []*wire.Message
	abort   map[*wire.Message]bool
	ended   bool
}

func newShell(s *Server, id string, h *history) *shell {
	sh := &shell{s: s, id: id, history: h, abort: map[*wire.Message]bool{}}
	sh.cond = sync.NewCond(&sh.mu)
	return sh
}

// put adds a request. It reports false when the shell is gone.
func (sh *shell) put(m *wire.Message) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.ended {
		return false
	}
	sh.waiting = append(sh.waiting, m)
	sh.cond.Signal()
	return true
}

// abortWaiting marks the cells that wait now: their authors expected the one before to work.
func (sh *shell) abortWaiting() {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, m := range sh.waiting {
		if m.Header.MsgType == "execute_request" {
			sh.abort[m] = true
		}
	}
}

// end lets the shell finish what it has; it takes nothing more.
func (sh *shell) end() {
	sh.abortWaiting()
	sh.mu.Lock()
	sh.ended = true
	sh.cond.Signal()
	sh.mu.Unlock()
}

func (sh *shell) run() {
	for {
		sh.mu.Lock()
		for len(sh.waiting) == 0 && !sh.ended {
			sh.cond.Wait()
		}
		if len(sh.waiting) == 0 {
			sh.mu.Unlock()
			return
		}
		m := sh.waiting[0]
		sh.waiting = sh.waiting[1:]
		aborted := sh.abort[m]
		delete(sh.abort, m)
		sh.mu.Unlock()
		if aborted {
			sh.aborted(m)
		} else {
			sh.s.handle(m, sh.s.shell, sh, shellHandlers)
		}
	}
}

// aborted answers a cell that is not run. It has no execution count: the front end would show the number of another cell.
func (sh *shell) aborted(m *wire.Message) {
	defer sh.s.ended(m)
	sh.s.status("busy", m.RawHeader)
	defer sh.s.status("idle", m.RawHeader)
	sh.s.reply(sh.s.shell, m, "execute_reply", map[string]any{"status": "aborted",
		"ename": "aborted", "evalue": "an earlier cell failed", "traceback": []string{}, "user_expressions": map[string]any{}, "payload": []any{}})
}

// shells are the main shell and the subshells.
type shells struct {
	main *shell
	mu   sync.Mutex
	subs []*shell // in the order in which they were made
}

// find returns the shell for a subshell_id; nil if there is none.
func (l *shells) find(id string) *shell {
	if id == "" {
		return l.main
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, sh := range l.subs {
		if sh.id == id {
			return sh
		}
	}
	return nil
}

// add makes a subshell; nil if there are too many.
func (l *shells) add(s *Server) *shell {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.subs) >= mostSubshells {
		return nil
	}
	h := newHistory("")
	h.session = l.main.history.number()
	sh := newShell(s, wire.NewID(), h)
	l.subs = append(l.subs, sh)
	return sh
}

// remove takes a subshell out of the list.
func (l *shells) remove(id string) *shell {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, sh := range l.subs {
		if sh.id == id {
			l.subs = slices.Delete(l.subs, i, i+1)
			return sh
		}
	}
	return nil
}

// ids lists the subshells.
func (l *shells) ids() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := []string{}
	for _, sh := range l.subs {
		out = append(out, sh.id)
	}
	return out
}

// abortWaiting aborts what waits in every shell.
func (l *shells) abortWaiting() {
	l.mu.Lock()
	all := append([]*shell{l.main}, l.subs...)
	l.mu.Unlock()
	for _, sh := range all {
		sh.abortWaiting()
	}
}

// mostSubshells bounds what a client can make the kernel keep.
const mostSubshells = 1000

// dispatch hands a request of the shell channel to its shell. A shutdown does not wait behind a running cell.
func (s *Server) dispatch(m *wire.Message) {
	if m.Header.MsgType == "shutdown_request" {
		s.handle(m, s.shell, s.shells.main, shellHandlers)
		return
	}
	if sh := s.shells.find(m.Header.SubshellID); sh != nil && sh.put(m) {
		return
	}
	s.unknownSubshell(m, s.shell)
}

// unknownSubshell answers a request for a subshell that is not there.
func (s *Server) unknownSubshell(m *wire.Message, sock *transport.Socket) {
	defer s.ended(m)
	s.status("busy", m.RawHeader)
	defer s.status("idle", m.RawHeader)
	r := &request{Message: m, s: s, sock: sock, shell: s.shells.main}
	r.fail("there is no subshell %q", m.Header.SubshellID)
}
