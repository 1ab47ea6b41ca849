package server

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

func residentMemory() uint64 {
	b, err := os.ReadFile("/proc/self/statm")
	var size, resident uint64
	if err == nil {
		fmt.Sscan(string(b), &size, &resident)
	}
	if resident == 0 {
		return goMemory()
	}
	return resident * uint64(os.Getpagesize())
}

func hostMemory() (total, available uint64) {
	b, _ := os.ReadFile("/proc/meminfo")
	for _, l := range strings.Split(string(b), "\n") {
		var kb uint64
		if strings.HasPrefix(l, "MemTotal:") {
			fmt.Sscan(strings.TrimPrefix(l, "MemTotal:"), &kb)
			total = kb << 10
		}
		if strings.HasPrefix(l, "MemAvailable:") {
			fmt.Sscan(strings.TrimPrefix(l, "MemAvailable:"), &kb)
			available = kb << 10
		}
	}
	return total, available
}

var cpu struct {
	sync.Mutex
	at   time.Time
	used time.Duration
}

// cpuPercent is the processor time since the last call, in per cent of one processor.
func cpuPercent() float64 {
	var ru syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &ru)
	used := time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
	cpu.Lock()
	defer cpu.Unlock()
	now := time.Now()
	p := 0.0
	if d := now.Sub(cpu.at); !cpu.at.IsZero() && d > 0 {
		p = 100 * float64(used-cpu.used) / float64(d)
	}
	cpu.at, cpu.used = now, used
	return p
}
