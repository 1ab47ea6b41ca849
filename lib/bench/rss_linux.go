package bench

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// peakRSS is the most memory that the process ever held, in MB. It is read from status, because what getrusage says begins,
// after an exec, with the memory of the parent.
func peakRSS() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	line, _, _ := bytes.Cut(rest, []byte("kB"))
	kb, _ := strconv.ParseFloat(string(bytes.TrimSpace(line)), 64)
	return kb / 1024
}

// childRSS is the peak of a child that has ended, in MB. It counts what the parent had when it started the child, so it is an
// upper bound.
func childRSS(s *os.ProcessState) float64 {
	u, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return float64(u.Maxrss) / 1024
}
