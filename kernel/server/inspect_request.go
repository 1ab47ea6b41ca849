package server

// inspect answers an inspect_request.
func inspect(r *request) {
	var c struct {
		Code   string `json:"code"`
		Cursor *int   `json:"cursor_pos"`
		Detail int    `json:"detail_level"`
	}
	if !r.into(&c) {
		return
	}
	sess, err := r.s.session()
	if err != nil {
		r.fail("the session could not start: %v", err)
		return
	}
	b, found := sess.Inspect(c.Code, byteOffset(c.Code, c.Cursor), c.Detail)
	data := b.Data
	if !found {
		data = map[string]any{}
	}
	r.reply(map[string]any{"status": "ok", "found": found, "data": data, "metadata": meta(b.Metadata)})
}
