package server

import (
	"encoding/json"
	"fmt"
	"strings"

	"lyceum/kernel/transport"
	"lyceum/kernel/wire"
)

// A request is one message being handled.
type request struct {
	*wire.Message
	s     *Server
	sock  *transport.Socket
	shell *shell // the one whose request it is; the main shell for requests on control
}

// reply answers the request.
func (r *request) reply(body any) {
	r.replyAs(strings.TrimSuffix(r.Header.MsgType, "_request")+"_reply", body)
}

func (r *request) replyAs(msgType string, body any) { r.s.reply(r.sock, r.Message, msgType, body) }

// fail answers with an error.
func (r *request) fail(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.reply(map[string]any{"status": "error", "ename": "bad request", "evalue": text, "traceback": []string{text}})
}

// into reads the content into v. Content that does not fit is answered with an error, and false is returned.
func (r *request) into(v any) bool {
	if err := json.Unmarshal(r.Content, v); err != nil {
		r.fail("%s: the content cannot be used: %v", r.Header.MsgType, err)
		return false
	}
	return true
}

// Handlers by message type, one file each. The functions write their replies themselves.
type handlers map[string]func(*request)

var (
	shellHandlers   handlers
	controlHandlers handlers
)

func init() {
	shellHandlers = handlers{
		"kernel_info_request": kernelInfo,
		"execute_request":     execute,
		"complete_request":    complete,
		"inspect_request":     inspect,
		"is_complete_request": isComplete,
		"history_request":     historyRequest,
		"comm_info_request":   commInfo,
		"comm_open":           commOpen,
		"comm_msg":            commMsg,
		"comm_close":          commClose,
		"shutdown_request":    shutdown,
		"interrupt_request":   interrupt,
		"usage_request":       usage,
	}
	controlHandlers = handlers{
		"kernel_info_request": kernelInfo,
		"shutdown_request":    shutdown,
		"interrupt_request":   interrupt,
		"usage_request":       usage,
		"debug_request":       debugRequest,

		"create_subshell_request": createSubshell,
		"list_subshell_request":   listSubshell,
		"delete_subshell_request": deleteSubshell,
	}
}

// handle runs the handler of a message between busy and idle. A type that nobody handles gets just these two.
func (s *Server) handle(m *wire.Message, sock *transport.Socket, sh *shell, table handlers) {
	defer s.ended(m)
	s.status("busy", m.RawHeader)
	defer s.status("idle", m.RawHeader)
	r := &request{Message: m, s: s, sock: sock, shell: sh}
	defer func() {
		if p := recover(); p != nil { // a fault in a handler must not leave the client waiting
			r.fail("%s: the kernel failed: %v", m.Header.MsgType, p)
		}
	}()
	if h := table[m.Header.MsgType]; h != nil {
		h(r)
	}
}
