package keeper

import (
	"bytes"
	"strings"
)

// fatal finds in the report of a crash of Go's runtime what happened.
func fatal(crash []byte) string {
	for _, l := range bytes.Split(crash, []byte("\n")) {
		s := strings.TrimSpace(string(l))
		for _, p := range []string{"fatal error: ", "panic: ", "SIG", "runtime: out of memory"} {
			if strings.HasPrefix(s, p) {
				return s
			}
		}
	}
	return ""
}

// traced finds the same in the stack of the goroutine that failed, for when the line with "fatal error: " is lost: the kernel
// may have taken it off the pipe of its descriptor 2 and been stopped before it could note it.
func traced(stack []byte) string {
	first, _, _ := bytes.Cut(bytes.TrimSpace(stack), []byte("\n\n"))
	if !bytes.Contains(first, []byte("fatal(")) && !bytes.Contains(first, []byte("runtime.throw(")) {
		return ""
	}
	for _, c := range []struct{ function, why string }{
		{"sync.(*Mutex).unlockSlow(", "sync: unlock of unlocked mutex"},
		{"sync.(*RWMutex).rUnlockSlow(", "sync: RUnlock of unlocked RWMutex"},
		{"sync.(*RWMutex).Unlock(", "sync: Unlock of unlocked RWMutex"},
		{"maps.(*Iter).Next(", "concurrent map iteration and map write"},
		{"maps.fatal(", "concurrent map writes, or a read and a write"},
		{"runtime.newstack(", "stack overflow"},
	} {
		if bytes.Contains(first, []byte(c.function)) {
			return "fatal error: " + c.why
		}
	}
	return ""
}
