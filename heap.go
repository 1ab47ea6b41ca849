package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"

	"lyceum/lib/memory"
)

// room is how many bytes may be allocated between two collections of garbage. What lives in a fresh kernel is small and full
// of pointers: with Go's setting, as much room as lives, a collection would disturb one cell in a hundred; with this it is
// one in four hundred. Up to fourRooms the room stays the same, so that a kernel that has kept a large cell does not take as
// much again for garbage; from there on it grows with what lives, towards Go's setting.
const (
	room      = 16 << 20
	fourRooms = 4 * room
)

// percentOf is the setting that leaves this room beside what lives.
func percentOf(live uint64) int {
	switch {
	case live == 0:
		return 100
	case live <= fourRooms:
		return int(min(room*100/live, 1000))
	}
	return int((live - fourRooms + room) * 100 / live)
}

// roomyHeap keeps that room from now on. The percentage is set anew after each collection.
// And from four fifths of the machine's memory on, garbage is collected rather than more memory asked for; GOMEMLIMIT says
// otherwise.
func roomyHeap() {
	if total := memory.Total(); total > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(total / 5 * 4)
	}
	arrange(&sentinel{percent: 100})
}

// A sentinel is garbage from the start: its finalizer runs after each collection. It is padded because an object of less than
// 16 bytes shares its block with others, and lives as long as they do.
type sentinel struct {
	percent int
	_       [4]uint64
}

func arrange(s *sentinel) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	percent := percentOf(live[0].Value.Uint64())
	if percent*10 > s.percent*11 || percent*11 < s.percent*10 { // each setting stops the world for a moment
		debug.SetGCPercent(percent)
		s.percent = percent
	}
	runtime.SetFinalizer(&sentinel{percent: s.percent}, arrange)
}
