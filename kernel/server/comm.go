package server

import (
	"encoding/json"
	"sync"
)

// comms are the open comms, by id (Jupyter messaging, "Custom messages").
type comms struct {
	mu      sync.Mutex
	open    map[string]string // id -> target
	targets map[string]func(*request, string)
}

func newComms() *comms {
	return &comms{open: map[string]string{}, targets: map[string]func(*request, string){}}
}

type commContent struct {
	ID     string `json:"comm_id"`
	Target string `json:"target_name"`
}

// commInfo lists the open comms, of one target if it names one.
func commInfo(r *request) {
	var c commContent
	if !r.into(&c) {
		return
	}
	r.s.comms.mu.Lock()
	list := map[string]any{}
	for id, target := range r.s.comms.open {
		if c.Target == "" || c.Target == target {
			list[id] = map[string]any{"target_name": target}
		}
	}
	r.s.comms.mu.Unlock()
	r.reply(map[string]any{"status": "ok", "comms": list})
}

// commOpen opens a comm at a target of the kernel; an unknown target is closed at once.
func commOpen(r *request) {
	var c commContent
	if !r.quietly(&c) || c.ID == "" {
		return
	}
	r.s.comms.mu.Lock()
	target := r.s.comms.targets[c.Target]
	if target != nil {
		r.s.comms.open[c.ID] = c.Target
	}
	r.s.comms.mu.Unlock()
	if target == nil {
		r.s.publish("comm_close", r.RawHeader, map[string]any{"comm_id": c.ID, "data": map[string]any{}})
		return
	}
	target(r, c.ID)
}

// commMsg hands a message to its comm; one for a comm that is not open is ignored.
func commMsg(r *request) {
	var c commContent
	if !r.quietly(&c) {
		return
	}
	r.s.comms.mu.Lock()
	target := r.s.comms.targets[r.s.comms.open[c.ID]]
	r.s.comms.mu.Unlock()
	if target != nil {
		target(r, c.ID)
	}
}

// commClose forgets a comm.
func commClose(r *request) {
	var c commContent
	if !r.quietly(&c) {
		return
	}
	r.s.comms.mu.Lock()
	delete(r.s.comms.open, c.ID)
	r.s.comms.mu.Unlock()
}

// quietly reads content of a message that has no reply.
func (r *request) quietly(v any) bool { return json.Unmarshal(r.Content, v) == nil }
