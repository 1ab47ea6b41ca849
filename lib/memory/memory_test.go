package memory

import (
	"runtime"
	"testing"
)

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{512 << 20: "512 MB", 3 << 29: "1.5 GB", 16 << 30: "16 GB", 1 << 40: "1024 GB", 1 << 50: "1024 TB", 3 << 10: "3 kB", 0: "0 kB"} {
		if got := Size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// This machine has more than it has left; elsewhere than on Linux what is left is not known.
func TestThisMachineIsPlausible(t *testing.T) {
	total, most, available, free := Total(), Most(), Available(), Free()
	if runtime.GOOS != "linux" {
		if most != 0 || available != 0 || free != 0 {
			t.Errorf("%d, %d, %d: nobody has looked", most, available, free)
		}
		return
	}
	if total < 64<<20 || total > 1<<50 || most < total || available < 1<<20 || available > total || free < available/2 {
		t.Errorf("of %d bytes, %d with swap, %d are available and %d free", total, most, available, free)
	}
}
