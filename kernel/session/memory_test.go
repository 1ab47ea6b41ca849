package session

import (
	"runtime"
	"testing"
)

// mostKept is how many bytes the session may keep of a cell that declares nothing. The interpreter alone would keep 12 kB.
const mostKept = 3000

func TestACellLeavesNothingBehind(t *testing.T) {
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	heap := func(cells int) uint64 {
		for i := range cells {
			if r := s.Execute(Request{Code: "1 + 1", Count: i + 1}); r.Err != nil {
				t.Fatal(r.Err)
			}
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const cells = 300
	before := heap(100)
	if after := heap(cells); after > before+cells*mostKept {
		t.Errorf("%d bytes a cell", (after-before)/cells)
	}
}
