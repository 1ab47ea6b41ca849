package comm

// What follows is for the server that carries the messages of the front end.

// Known reports whether a target is registered.
func Known(target string) bool {
	registry.Lock()
	defer registry.Unlock()
	return registry.targets[target] != nil
}

// All returns the open comms: identifier to target.
func All() map[string]string {
	registry.Lock()
	defer registry.Unlock()
	out := map[string]string{}
	for id, c := range registry.comms {
		out[id] = c.target
	}
	return out
}

// Opened is comm_open of the front end. The function of the target runs in the calling goroutine.
func Opened(id, target string, m Message) {
	registry.Lock()
	f := registry.targets[target]
	c := &Comm{id: id, target: target}
	if f != nil {
		registry.comms[id] = c
	}
	registry.Unlock()
	if f != nil {
		f(c, m)
	}
}

// Received is comm_msg of the front end; one for a comm that is not open is ignored.
func Received(id string, m Message) {
	if c := find(id); c != nil {
		c.mu.Lock()
		f := c.onMessage
		c.mu.Unlock()
		if f != nil {
			f(m)
		}
	}
}

// Closed is comm_close of the front end.
func Closed(id string, m Message) {
	c := find(id)
	if c == nil || !c.forget() {
		return
	}
	c.mu.Lock()
	f := c.onClose
	c.mu.Unlock()
	if f != nil {
		f(m)
	}
}

func find(id string) *Comm {
	registry.Lock()
	defer registry.Unlock()
	return registry.comms[id]
}
