package server

// isComplete answers an is_complete_request.
func isComplete(r *request) {
	var c struct {
		Code string `json:"code"`
	}
	if !r.into(&c) {
		return
	}
	sess, err := r.s.session()
	if err != nil {
		r.fail("the session could not start: %v", err)
		return
	}
	status, indent := sess.IsComplete(c.Code)
	body := map[string]any{"status": status}
	if status == "incomplete" {
		body["indent"] = indent
	}
	r.reply(body)
}
