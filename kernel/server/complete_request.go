package server

// complete answers a complete_request; cursors are counted in code points.
func complete(r *request) {
	var c struct {
		Code   string `json:"code"`
		Cursor *int   `json:"cursor_pos"`
	}
	if !r.into(&c) {
		return
	}
	sess, err := r.s.session()
	if err != nil {
		r.fail("the session could not start: %v", err)
		return
	}
	at := byteOffset(c.Code, c.Cursor)
	res := sess.Complete(c.Code, at)
	start, end := points(c.Code, res.Start), points(c.Code, res.End)
	matches := []string{}
	kinds := []any{}
	for _, m := range res.Matches {
		matches = append(matches, m.Text)
		kinds = append(kinds, map[string]any{"start": start, "end": end, "text": m.Text, "type": m.Type, "signature": m.Signature})
	}
	r.reply(map[string]any{"status": "ok", "matches": matches, "cursor_start": start, "cursor_end": end,
		"metadata": map[string]any{"_jupyter_types_experimental": kinds}})
}
