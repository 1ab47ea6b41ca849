package server

import "encoding/json"

// debug answers that there is no debugger; a front end that asks anyway is not left waiting.
func debug(r *request) {
	var c struct {
		Seq     int    `json:"seq"`
		Command string `json:"command"`
	}
	json.Unmarshal(r.Content, &c)
	r.reply(map[string]any{"type": "response", "request_seq": c.Seq, "command": c.Command, "success": false,
		"message": "this kernel has no debugger", "body": map[string]any{}, "seq": c.Seq})
}
