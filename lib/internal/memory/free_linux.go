package memory

import (
	"bytes"
	"os"
	"strconv"
)

// Free returns how many bytes a process can still take without driving others out or being ended: what the system calls
// available, or what the limit of the control group leaves, if that is less. 0 means unknown.
func Free() int64 {
	free := int64(0)
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		free = available(data)
	}
	for _, g := range [][3]string{
		{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat"},
		{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes", "/sys/fs/cgroup/memory/memory.stat"},
	} {
		most, ok := number(g[0])
		used, known := number(g[1])
		if stat, err := os.ReadFile(g[2]); err == nil {
			used = max(0, used-files(stat))
		}
		if ok && known && (free == 0 || most-used < free) {
			free = max(1, most-used)
		}
	}
	return free
}

// files is how much of a group's memory holds pages of files, which the system gives back when it is needed: memory.stat.
func files(stat []byte) (n int64) {
	for line := range bytes.Lines(stat) {
		if f := bytes.Fields(line); len(f) == 2 && (string(f[0]) == "inactive_file" || string(f[0]) == "active_file") {
			v, _ := strconv.ParseInt(string(f[1]), 10, 64)
			n += v
		}
	}
	return n
}

// available reads MemAvailable of /proc/meminfo, which is in units of 1024 bytes.
func available(meminfo []byte) int64 {
	for line := range bytes.Lines(meminfo) {
		if f := bytes.Fields(line); len(f) >= 2 && string(f[0]) == "MemAvailable:" {
			n, _ := strconv.ParseInt(string(f[1]), 10, 64)
			return n * 1024
		}
	}
	return 0
}

// number reads a file that holds one; "max" is none.
func number(path string) (int64, bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64)
	return n, err == nil
}
