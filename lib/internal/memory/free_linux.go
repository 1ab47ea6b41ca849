package memory

import (
	"io/fs"
	"os"
)

// Free returns how many bytes a process can still take without being ended: what the system calls available and the swap that is
// free, or what the limits of its control groups leave, if that is less. 0 means unknown.
func Free() int64 { return freeIn(os.DirFS("/")) }

// freeIn is Free for a root folder with /proc and /sys.
func freeIn(root fs.FS) int64 {
	meminfo, err := fs.ReadFile(root, "proc/meminfo")
	if err != nil {
		return 0
	}
	swap := entry(meminfo, "SwapFree:", 1024)
	free := entry(meminfo, "MemAvailable:", 1024)
	if free == 0 {
		return 0
	}
	free += swap
	for _, g := range groups(root) {
		if left, ok := g.left(root, swap); ok {
			free = min(free, max(1, left))
		}
	}
	return free
}
