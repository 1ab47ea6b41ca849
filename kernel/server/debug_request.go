package server

import (
	"encoding/json"

	"lyceum/kernel/debug"
)

// debugRequest answers a request of the debugger or of the variable explorer (Jupyter messaging, "Debug request").
func debugRequest(r *request) {
	var c debug.Request
	if !r.into(&c) {
		return
	}
	sess, err := r.s.session()
	if err != nil {
		r.fail("the session could not start: %v", err)
		return
	}
	r.s.debugOnce.Do(func() { r.s.debugger = debug.New(sess, r.s.debugEvent) })
	r.reply(r.s.debugger.Answer(c, newOutput(r.s, r.Message, false, false)))
}

// debugEvent publishes an event of the debugger, under the cell that runs if one does.
func (s *Server) debugEvent(body map[string]any) {
	var parent json.RawMessage
	if o := s.newest(); o != nil {
		parent = o.req.RawHeader
	}
	s.publish("debug_event", parent, body)
}
