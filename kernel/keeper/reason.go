//go:build unix

package keeper

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// reason says why the kernel died.
func (k *child) reason() string {
	state := k.cmd.ProcessState
	if state == nil {
		return "nobody knows why"
	}
	w, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !w.Signaled() {
		return fmt.Sprintf("it ended itself with exit status %d", state.ExitCode())
	}
	used := ""
	if u, ok := state.SysUsage().(*syscall.Rusage); ok {
		n := int64(u.Maxrss) << 10 // in kilobytes
		if runtime.GOOS == "darwin" {
			n >>= 10
		}
		used = fmt.Sprintf("; it had used %d MB of memory", n>>20)
	}
	switch s := w.Signal(); {
	case s == syscall.SIGKILL && killedForMemory() > k.oom:
		return "the system was out of memory and killed it" + used
	case s == syscall.SIGKILL:
		return "it was killed (signal 9): by somebody, or by the system for want of memory" + used
	default:
		return fmt.Sprintf("signal %d (%v)%s", int(s), s, used)
	}
}

// killedForMemory counts the processes of this control group that Linux has killed for want of memory.
func killedForMemory() int {
	group, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	for _, l := range strings.Split(string(group), "\n") {
		path, ok := strings.CutPrefix(l, "0::")
		if !ok {
			continue
		}
		events, _ := os.ReadFile("/sys/fs/cgroup" + path + "/memory.events")
		for _, e := range strings.Split(string(events), "\n") {
			if n, ok := strings.CutPrefix(e, "oom_kill "); ok {
				c, _ := strconv.Atoi(n)
				return c
			}
		}
	}
	return 0
}
