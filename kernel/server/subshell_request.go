package server

// createSubshell makes a shell that runs cells beside the main one (JEP 91).
func createSubshell(r *request) {
	sh := r.s.shells.add(r.s)
	if sh == nil {
		r.fail("there are %d subshells already; delete some", mostSubshells)
		return
	}
	go sh.run()
	r.reply(map[string]any{"status": "ok", "subshell_id": sh.id})
}

// listSubshell names the subshells.
func listSubshell(r *request) {
	r.reply(map[string]any{"status": "ok", "subshell_id": r.s.shells.ids()})
}

// deleteSubshell ends a subshell. A cell that it runs goes on to its end; those that wait are aborted.
func deleteSubshell(r *request) {
	var c struct {
		ID string `json:"subshell_id"`
	}
	if !r.into(&c) {
		return
	}
	sh := r.s.shells.remove(c.ID)
	if sh == nil {
		r.fail("there is no subshell %q", c.ID)
		return
	}
	sh.end()
	r.reply(map[string]any{"status": "ok"})
}
