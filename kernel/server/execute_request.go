package server

import (
	"runtime/debug"
	"time"

	"lyceum/kernel/display"
	"lyceum/kernel/session"
)

// executeContent is the content of an execute_request (Jupyter messaging, "Execute").
type executeContent struct {
	Code            *string           `json:"code"`
	Silent          bool              `json:"silent"`
	StoreHistory    *bool             `json:"store_history"`
	UserExpressions map[string]string `json:"user_expressions"`
	AllowStdin      *bool             `json:"allow_stdin"`
	StopOnError     *bool             `json:"stop_on_error"`
}

// hugeCell is how many bytes of code make it worth while to give memory back to the system.
const hugeCell = 1 << 20

func yes(b *bool) bool { return b == nil || *b }

// execute runs a cell.
func execute(r *request) {
	var c executeContent
	if !r.into(&c) {
		return
	}
	if c.Code == nil {
		r.fail("execute_request: code is missing")
		return
	}
	s := r.s
	sess, err := s.session()
	if err != nil {
		r.fail("the session could not start: %v", err)
		return
	}
	store := yes(c.StoreHistory) && !c.Silent
	sh := r.shell
	count := sh.count + 1
	if store {
		sh.count = count
		s.opt.Line.Count(count)
		sh.history.add(count, *c.Code)
	}
	out := newOutput(s, r.Message, yes(c.AllowStdin), c.Silent)
	if !c.Silent {
		s.publish("execute_input", r.RawHeader, map[string]any{"code": *c.Code, "execution_count": count})
	}
	s.enter(out)
	defer s.leave(out)
	if !c.Silent {
		if text := s.death.Swap(nil); text != nil {
			out.Stream("stderr", []byte(*text))
		}
	}
	begun := time.Now()
	res := sess.Execute(session.Request{Code: *c.Code, Count: count, Silent: c.Silent, Out: out})
	exprs := map[string]any{}
	if res.Err == nil {
		for name, e := range c.UserExpressions {
			exprs[name] = expression(sess, e)
		}
	}
	s.drain(out)
	s.leave(out)
	r.finish(res, c, count, exprs, begun, out)
	if len(*c.Code) > hugeCell {
		go debug.FreeOSMemory() // its syntax took many times as much
	}
}

// finish publishes the value or the error of the cell, and replies.
func (r *request) finish(res session.Result, c executeContent, count int, exprs map[string]any, begun time.Time, out *output) {
	s := r.s
	body := map[string]any{"status": "ok", "execution_count": count, "user_expressions": exprs, "payload": payload(res.Page)}
	if res.Value != nil && !c.Silent {
		s.publish("execute_result", r.RawHeader, map[string]any{"data": res.Value.Data, "metadata": meta(res.Value.Metadata), "execution_count": count})
		if t, ok := res.Value.Data["text/plain"].(string); ok && yes(c.StoreHistory) {
			r.shell.history.output(count, t)
		}
	}
	if e := res.Err; e != nil {
		tb := e.Traceback
		if tb == nil {
			tb = []string{e.Value}
		}
		body = map[string]any{"status": "error", "ename": e.Name, "evalue": e.Value, "traceback": tb, "execution_count": count,
			"user_expressions": map[string]any{}, "payload": []any{}}
		if !c.Silent {
			s.publish("error", r.RawHeader, map[string]any{"ename": e.Name, "evalue": e.Value, "traceback": tb})
		}
		if yes(c.StopOnError) || e.Interrupted {
			r.shell.abortWaiting()
		}
	}
	r.reply(body)
}

// payload opens the pager of the front end for a cell that asked for help.
func payload(page *display.Bundle) []any {
	if page == nil {
		return []any{}
	}
	return []any{map[string]any{"source": "page", "data": page.Data, "start": 0}}
}

func meta(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// expression evaluates one of the user_expressions.
func expression(sess Session, e string) map[string]any {
	b, err := sess.Evaluate(e, nil)
	if err != nil {
		return map[string]any{"status": "error", "ename": err.Name, "evalue": err.Value, "traceback": err.Traceback}
	}
	return map[string]any{"status": "ok", "data": b.Data, "metadata": meta(b.Metadata)}
}
