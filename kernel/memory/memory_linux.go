package memory

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// group is where the control group of this process keeps its limit and its use; empty without a limit.
type group struct{ max, used string }

// Total returns the bytes of memory that this process may have.
func Total() uint64 { return total() }

var total = sync.OnceValue(func() uint64 {
	n := machine()
	if max := number(own().max); max > 0 && max < n {
		n = max
	}
	return n
})

// Most returns the bytes that one allocation can have at most: with the machine's swap space, unless a control group sets a
// limit; 0 if unknown.
func Most() uint64 {
	var i unix.Sysinfo_t
	if own().max != "" || unix.Sysinfo(&i) != nil {
		return Total()
	}
	return (uint64(i.Totalram) + uint64(i.Totalswap)) * uint64(i.Unit)
}

// Available returns the bytes that can still be had without swapping.
func Available() (uint64, bool) {
	free, ok := available()
	if g := own(); ok && g.max != "" {
		if max, used := number(g.max), number(g.used); max > 0 {
			free = min(free, max-min(used, max))
		}
	}
	return free, ok
}

func machine() uint64 {
	var i unix.Sysinfo_t
	if unix.Sysinfo(&i) != nil {
		return 0
	}
	return uint64(i.Totalram) * uint64(i.Unit)
}

func available() (uint64, bool) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	for l := range bytes.Lines(text) {
		if f := strings.Fields(string(l)); len(f) >= 2 && f[0] == "MemAvailable:" {
			kb, err := strconv.ParseUint(f[1], 10, 64)
			return kb << 10, err == nil
		}
	}
	return 0, false
}

// own finds the control group of this process, of either version.
var own = sync.OnceValue(func() group {
	text, _ := os.ReadFile("/proc/self/cgroup")
	for l := range strings.Lines(string(text)) {
		part := strings.SplitN(strings.TrimSpace(l), ":", 3)
		if len(part) < 3 {
			continue
		}
		var g group
		dirs := []string{"/sys/fs/cgroup" + part[2], "/sys/fs/cgroup"}
		switch {
		case part[0] == "0" && part[1] == "":
			g = group{"/memory.max", "/memory.current"}
		case part[1] == "memory":
			g = group{"/memory.limit_in_bytes", "/memory.usage_in_bytes"}
			dirs = []string{"/sys/fs/cgroup/memory" + part[2], "/sys/fs/cgroup/memory"}
		default:
			continue
		}
		for _, d := range dirs { // in a container the path of the host does not exist
			if n := number(d + g.max); n > 0 && n < machine() {
				return group{d + g.max, d + g.used}
			}
		}
	}
	return group{}
})

// number reads a file with one number; 0 without one ("max").
func number(file string) uint64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	return n
}
