package server

import (
	"encoding/json"
	"sync"
	"time"
	"unicode/utf8"

	"lyceum/kernel/display"
	"lyceum/kernel/wire"
)

// output takes the effects of one cell and publishes them under its request. Text is held back for a moment
// and joined, because every message costs its receiver, and jupyter_server drops messages past a limit.
type output struct {
	s      *Server
	req    *wire.Message
	stdin  bool
	silent bool

	mu    sync.Mutex
	name  string // of the stream whose text is held
	text  []byte
	timer *time.Timer
}

const (
	holdFor  = 50 * time.Millisecond
	holdMost = 1 << 20 // bytes; more is published at once
)

// newOutput is for the cell of a request. Whatever the cell leaves behind may keep its output for as long as the kernel
// lives, so the output keeps who asked, not the cell's text.
func newOutput(s *Server, req *wire.Message, stdin, silent bool) *output {
	asked := &wire.Message{Identities: req.Identities, Header: req.Header, RawHeader: req.RawHeader}
	return &output{s: s, req: asked, stdin: stdin, silent: silent}
}

// Stream implements display.Output. Text of the two streams keeps its order.
func (o *output) Stream(name string, p []byte) {
	if len(p) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.name != name {
		o.flushLocked(true)
		o.name = name
	}
	for len(p) > 0 {
		n := min(len(p), holdMost-len(o.text)+utf8.UTFMax)
		o.text = append(o.text, p[:n]...)
		p = p[n:]
		if len(o.text) >= holdMost {
			o.flushLocked(false)
		}
	}
	if o.timer == nil && len(o.text) > 0 {
		o.timer = time.AfterFunc(holdFor, func() {
			o.mu.Lock()
			o.timer = nil
			o.flushLocked(false)
			o.mu.Unlock()
		})
	}
}

// flush publishes what is held. all includes the beginning of a character whose rest has not come.
func (o *output) flush(all bool) {
	o.mu.Lock()
	o.flushLocked(all)
	o.mu.Unlock()
}

func (o *output) flushLocked(all bool) {
	end := len(o.text)
	if !all {
		end = whole(o.text)
	}
	if end == 0 {
		return
	}
	o.s.publish("stream", o.req.RawHeader, map[string]any{"name": o.name, "text": string(o.text[:end])})
	o.text = append([]byte(nil), o.text[end:]...)
}

// whole returns the length of b without a character that is cut off at the end.
func whole(b []byte) int {
	for i := 1; i <= utf8.UTFMax && i <= len(b); i++ {
		c := b[len(b)-i]
		if utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-i:]) {
				return len(b) - i
			}
			break
		}
	}
	return len(b)
}

// Display implements display.Output.
func (o *output) Display(b display.Bundle) { o.show("display_data", b) }

// Update implements display.Output.
func (o *output) Update(b display.Bundle) { o.show("update_display_data", b) }

func (o *output) show(msgType string, b display.Bundle) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flushLocked(true)
	body := map[string]any{"data": b.Data, "metadata": meta(b.Metadata), "transient": map[string]any{}}
	if b.DisplayID != "" {
		body["transient"] = map[string]any{"display_id": b.DisplayID}
	}
	if _, err := json.Marshal(body); err != nil { // a value that JSON cannot hold
		body["data"] = map[string]any{"text/plain": "this value cannot be shown: " + err.Error()}
	}
	o.s.publish(msgType, o.req.RawHeader, body)
}

// Clear implements display.Output.
func (o *output) Clear(wait bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flushLocked(true)
	o.s.publish("clear_output", o.req.RawHeader, map[string]any{"wait": wait})
}

// Input implements display.Output.
func (o *output) Input(prompt string, password bool) (string, error) {
	o.flush(true)
	return o.s.ask(o, prompt, password)
}
