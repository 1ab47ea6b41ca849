package session

import (
	"fmt"
	"strings"

	"github.com/traefik/yaegi/interp"

	"lyceum/kernel/session/rt"
	"lyceum/kernel/symbols/std"
)

// listen makes this session the one that hears of panics in the goroutines of cells, and of those that are recovered from.
func (s *Session) listen() {
	rt.OnGoroutinePanic(s.goroutinePanic)
	rt.OnFatal(func() { panic(std.Exit{Code: 1}) })
	rt.OnRecover(func() { s.engine.trace.take() })
}

// goroutinePanic reports a panic that has ended a goroutine, in the output of the cell that started it: as Go does, with the
// place where it came from and the calls that led there.
func (s *Session) goroutinePanic(v any) {
	frames := s.engine.trace.take()
	if x, ok := v.(std.Exit); ok && x.Code == 0 {
		return
	}
	if x, ok := v.(std.Exit); ok {
		rt.Stderr.WriteString(fmt.Sprintf("a goroutine asked the process to end (%v); the kernel lives on\n", x))
		return
	}
	text := "panic in a goroutine: " + panicText(v)
	e := s.runtimeError(interp.Panic{Value: v}, "", Request{}, nil, frames)
	if e != nil && len(e.Traceback) > 1 {
		text += "\n" + strings.Join(e.Traceback[1:], "\n")
	}
	rt.Stderr.WriteString(text + "\n")
}
