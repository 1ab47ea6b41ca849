package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// TestRoomyHeap has a heap grow and shrink and looks at the percentage of each, with many small objects about that could keep a
// sentinel alive.
func TestRoomyHeap(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	var small []*int
	percent := func() int { // there is no other way to read it
		p := debug.SetGCPercent(100)
		debug.SetGCPercent(p)
		return p
	}
	becomes := func(what string, good func(p int) bool) {
		t.Helper()
		for range 200 {
			for range 100 {
				small = append(small, new(int))
			}
			runtime.GC()
			time.Sleep(5 * time.Millisecond)
			if good(percent()) {
				return
			}
		}
		t.Fatalf("%s: the percentage is %d", what, percent())
	}
	roomyHeap()
	for range 5 {
		large := make([]byte, 20*room)
		becomes("a large heap", func(p int) bool { return p > 75 && p <= 100 })
		runtime.KeepAlive(large)
		large = make([]byte, 2*room)
		becomes("one between", func(p int) bool { return p > 35 && p <= 50 })
		runtime.KeepAlive(large)
		large = nil
		becomes("a small heap", func(p int) bool { return p > 100 })
	}
	runtime.KeepAlive(small)
}

func TestRoomBesideWhatLives(t *testing.T) {
	for live, want := range map[uint64]int{0: 100, 1 << 20: 1000, 8 << 20: 200, 32 << 20: 50, fourRooms: 25, 128 << 20: 62, 1 << 30: 95} {
		if got := percentOf(live); got != want {
			t.Errorf("%d MB: %d, want %d", live>>20, got, want)
		}
	}
}
