package server

// The kernel has no subshells (JEP 91) and does not offer them; a client that asks all the same is answered.

func createSubshell(r *request) { r.fail("this kernel has no subshells") }

func listSubshell(r *request) { r.reply(map[string]any{"status": "ok", "subshell_id": []string{}}) }

func deleteSubshell(r *request) {
	var c struct {
		ID string `json:"subshell_id"`
	}
	if r.into(&c) {
		r.fail("there is no subshell %q", c.ID)
	}
}
