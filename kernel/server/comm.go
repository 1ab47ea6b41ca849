package server

import (
	"encoding/json"

	"lyceum/kernel/comm"
	"lyceum/kernel/wire"
)

// commContent is the content of comm_open, comm_msg and comm_close (Jupyter messaging, "Custom messages").
type commContent struct {
	ID     string         `json:"comm_id"`
	Target string         `json:"target_name"`
	Data   map[string]any `json:"data"`
}

func (r *request) commMessage(c commContent) comm.Message {
	return comm.Message{Data: c.Data, Metadata: r.Metadata, Buffers: r.Buffers}
}

// commInfo lists the open comms, of one target if it names one.
func commInfo(r *request) {
	var c commContent
	if !r.into(&c) {
		return
	}
	list := map[string]any{}
	for id, target := range comm.All() {
		if c.Target == "" || c.Target == target {
			list[id] = map[string]any{"target_name": target}
		}
	}
	r.reply(map[string]any{"status": "ok", "comms": list})
}

// commOpen opens a comm at a target of the kernel; an unknown target is closed at once.
func commOpen(r *request) {
	var c commContent
	if !r.quietly(&c) || c.ID == "" {
		return
	}
	if !comm.Known(c.Target) {
		r.s.publish("comm_close", r.RawHeader, map[string]any{"comm_id": c.ID, "data": map[string]any{}})
		return
	}
	r.callback(func() { comm.Opened(c.ID, c.Target, r.commMessage(c)) })
}

// commMsg hands a message to its comm; one for a comm that is not open is ignored.
func commMsg(r *request) {
	var c commContent
	if r.quietly(&c) {
		r.callback(func() { comm.Received(c.ID, r.commMessage(c)) })
	}
}

// commClose forgets a comm.
func commClose(r *request) {
	var c commContent
	if r.quietly(&c) {
		r.callback(func() { comm.Closed(c.ID, r.commMessage(c)) })
	}
}

// quietly reads content of a message that has no reply.
func (r *request) quietly(v any) bool { return json.Unmarshal(r.Content, v) == nil }

// callback runs code of a cell that a message calls. What it shows belongs to that message; how it failed is printed.
func (r *request) callback(f func()) {
	sess, err := r.s.session()
	if err != nil {
		return
	}
	out := newOutput(r.s, r.Message, false, false)
	r.s.enter(out)
	defer r.s.leave(out)
	if e := sess.Call(out, f); e != nil {
		out.Stream("stderr", []byte(e.Value+"\n"))
	}
	r.s.drain(out)
}

// Comm implements comm.Channel: a message of a comm belongs to the cell, or the message, whose code sends it.
func (o *output) Comm(msgType string, body map[string]any, m comm.Message) {
	o.flush(true)
	body["data"] = m.Data
	if m.Data == nil {
		body["data"] = map[string]any{}
	}
	o.s.publish(msgType, o.req.RawHeader, body, func(w *wire.Message) { w.Metadata, w.Buffers = m.Metadata, m.Buffers })
}
