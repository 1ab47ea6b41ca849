package memory

import (
	"runtime"
	"testing"
)

func TestText(t *testing.T) {
	for want, n := range map[string]int64{"1.5 GB": 1_500_000_000, "25 MB": 25_400_000, "3 kB": 3000} {
		if got := Text(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestFreeIsPlausible(t *testing.T) {
	free := Free()
	if runtime.GOOS == "linux" && (free < 1<<20 || free > 1<<50) {
		t.Errorf("%d bytes free", free)
	}
}
