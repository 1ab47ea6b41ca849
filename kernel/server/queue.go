package server

import (
	"sync"

	"lyceum/kernel/wire"
)

// queue holds the requests of the shell channel that wait for their turn. After an error or an interrupt the
// cells that wait are aborted: their authors expected the one before to work.
type queue struct {
	s       *Server
	mu      sync.Mutex
	cond    *sync.Cond
	waiting []*wire.Message
	abort   map[*wire.Message]bool
}

func newQueue(s *Server) *queue {
	q := &queue{s: s, abort: map[*wire.Message]bool{}}
	q.cond = sync.NewCond(&q.mu)
	return q
}

// put adds a request. A shutdown does not wait behind a running cell.
func (q *queue) put(m *wire.Message) {
	if m.Header.MsgType == "shutdown_request" {
		q.s.handle(m, q.s.shell, shellHandlers)
		return
	}
	q.mu.Lock()
	q.waiting = append(q.waiting, m)
	q.cond.Signal()
	q.mu.Unlock()
}

// abortWaiting marks the cells that wait now.
func (q *queue) abortWaiting() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.waiting {
		if m.Header.MsgType == "execute_request" {
			q.abort[m] = true
		}
	}
}

func (q *queue) run() {
	for {
		q.mu.Lock()
		for len(q.waiting) == 0 {
			q.cond.Wait()
		}
		m := q.waiting[0]
		q.waiting = q.waiting[1:]
		aborted := q.abort[m]
		delete(q.abort, m)
		q.mu.Unlock()
		if aborted {
			q.s.status("busy", m.RawHeader)
			q.s.reply(q.s.shell, m, "execute_reply", map[string]any{"status": "aborted", "execution_count": q.s.count,
				"ename": "aborted", "evalue": "an earlier cell failed", "traceback": []string{}, "user_expressions": map[string]any{}, "payload": []any{}})
			q.s.status("idle", m.RawHeader)
			continue
		}
		q.s.handle(m, q.s.shell, shellHandlers)
	}
}
