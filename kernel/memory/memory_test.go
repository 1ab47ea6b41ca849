package memory

import (
	"runtime"
	"testing"
)

func TestTotalAndAvailable(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux says how much is available")
	}
	free, ok := Available()
	if !ok || free == 0 || free > Total() || Most() < Total() || Total() < 64<<20 {
		t.Errorf("%d of %d bytes available, known: %v", free, Total(), ok)
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[uint64]string{512 << 20: "512 MB", 3 << 29: "1.5 GB", 16 << 30: "16 GB", 1 << 40: "1024 GB", 1 << 50: "1024 TB", 0: "0 MB"} {
		if got := Size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
