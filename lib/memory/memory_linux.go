package memory

import (
	"io/fs"
	"os"
	"sync"
)

// Total returns the bytes of memory that this process may have: the machine's, or what its control groups allow, if that is
// less; 0 if unknown.
func Total() int64 { return system().total() }

// Most is Total with the swap space that the process may use: no single allocation can be larger; 0 if unknown.
func Most() int64 { return system().most() }

// Available returns how many bytes can still be had without swapping, or what the control groups leave, if that is less; 0 means
// unknown.
func Available() int64 { return system().left(false) }

// Free returns how many bytes a process can still take without being ended: Available and the swap that is free. 0 means unknown.
func Free() int64 { return system().left(true) }

// place is a root folder with /proc and /sys, and the control groups that this process is in.
type place struct {
	root   fs.FS
	groups []group
}

// system is this machine. A process is seldom moved to another group, and a cell that fills the memory is looked at often.
var system = sync.OnceValue(func() place {
	root := os.DirFS("/")
	return place{root, groups(root)}
})

// meminfo reads the entries of /proc/meminfo, in bytes.
func (p place) meminfo(names ...string) []int64 {
	text, _ := fs.ReadFile(p.root, "proc/meminfo")
	out := make([]int64, len(names))
	for i, name := range names {
		out[i] = entry(text, name+":", 1024)
	}
	return out
}

func (p place) total() int64 {
	n := p.meminfo("MemTotal")[0]
	for _, g := range p.groups {
		if b := g.bounds(p.root); b.most > 0 {
			n = min(n, b.most)
		}
	}
	return n
}

func (p place) most() int64 {
	m := p.meminfo("MemTotal", "SwapTotal")
	if m[0] == 0 {
		return 0
	}
	n := m[0] + m[1]
	for _, g := range p.groups {
		b := g.bounds(p.root)
		if b.most > 0 {
			n = min(n, b.most+m[1])
		}
		if b.both > 0 {
			n = min(n, b.both)
		}
	}
	return n
}

func (p place) left(swap bool) int64 {
	m := p.meminfo("MemAvailable", "SwapFree")
	if m[0] == 0 {
		return 0
	}
	if !swap {
		m[1] = 0
	}
	n := m[0] + m[1]
	for _, g := range p.groups {
		b := g.bounds(p.root)
		if b.most > 0 && b.used >= 0 {
			n = min(n, b.most-b.used+m[1])
		}
		if b.both > 0 && b.bothUsed >= 0 {
			n = min(n, b.both-b.bothUsed)
		}
	}
	return max(1, n)
}
