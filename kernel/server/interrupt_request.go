package server

// interrupt ends the running cell and aborts those that wait. It answers at once; the cell's own reply follows.
func interrupt(r *request) {
	r.s.interrupt()
	r.reply(map[string]any{"status": "ok"})
}

func (s *Server) interrupt() {
	select {
	case <-s.started:
	default:
		return // nothing can be running yet
	}
	if s.sess == nil || len(s.cells.all()) == 0 {
		return
	}
	s.shells.abortWaiting()
	s.sess.Interrupt()
	s.cancelInput()
}
