//go:build linux

package memory

import (
	"bytes"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// A group is a control group of this process that may limit memory: its folder, and whether it is of version 2.
type group struct {
	dir string // without a slash at the front
	two bool
}

// groups lists the groups that the process is in and those around them: /proc/self/cgroup says which ones, /proc/self/mountinfo
// where they are mounted. Every level has limits of its own (man 7 cgroups).
func groups(root fs.FS) (out []group) {
	in, _ := fs.ReadFile(root, "proc/self/cgroup")
	mounts, _ := fs.ReadFile(root, "proc/self/mountinfo")
	for line := range bytes.Lines(in) {
		f := strings.SplitN(strings.TrimSpace(string(line)), ":", 3) // number:controllers:path
		if len(f) != 3 {
			continue
		}
		two := f[1] == ""
		if !two && !has(f[1], "memory") {
			continue
		}
		top, within, ok := mounted(mounts, two)
		if !ok {
			continue
		}
		// A container may see a part of the tree alone, and its path from outside; then the mount is its own group.
		below := "/"
		if rest, ok := strings.CutPrefix(path.Clean(f[2]), strings.TrimSuffix(within, "/")); ok && !strings.HasPrefix(f[2], "/..") && (rest == "" || rest[0] == '/') {
			below = path.Clean("/" + rest)
		}
		for ; ; below = path.Dir(below) {
			out = append(out, group{strings.TrimPrefix(path.Join(top, below), "/"), two})
			if below == "/" {
				break
			}
		}
	}
	return out
}

func has(list, word string) bool {
	for _, w := range strings.Split(list, ",") {
		if w == word {
			return true
		}
	}
	return false
}

// mounted finds where the tree of control groups is, and which part of it: a line of mountinfo is "36 35 98:0 /part /where
// options - type source options", with any number of fields before the dash.
func mounted(mountinfo []byte, two bool) (where, part string, ok bool) {
	for line := range bytes.Lines(mountinfo) {
		front, back, found := strings.Cut(string(line), " - ")
		f, b := strings.Fields(front), strings.Fields(back)
		if !found || len(f) < 5 || len(b) < 3 {
			continue
		}
		if two && b[0] == "cgroup2" || !two && b[0] == "cgroup" && has(b[2], "memory") {
			return f[4], f[3], true
		}
	}
	return "", "", false
}

// bounds are the limits of a group, and what is used of them: of memory alone, and of memory with swap. A limit of 0 is none;
// a use below 0 is not known.
type bounds struct{ most, used, both, bothUsed int64 }

// bounds reads the limits: memory.max, and memory.high, above which the system holds a process back until it hardly moves. What
// the memory holds of files is not counted as used: it is given back when it is needed.
func (g group) bounds(root fs.FS) bounds {
	number := func(name string, none int64) int64 {
		data, err := fs.ReadFile(root, path.Join(g.dir, name))
		if err != nil {
			return none
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64) // "max" is none
		if err != nil || n >= math.MaxInt64/2 {
			return none
		}
		return n
	}
	stat, _ := fs.ReadFile(root, path.Join(g.dir, "memory.stat"))
	files := entry(stat, "total_inactive_file", 1) + entry(stat, "total_active_file", 1) // of version 1, with the groups below
	if files == 0 {
		files = entry(stat, "inactive_file", 1) + entry(stat, "active_file", 1)
	}
	used := func(name string) int64 {
		if n := number(name, -1); n >= 0 {
			return max(0, n-files)
		}
		return -1
	}
	if !g.two {
		return bounds{number("memory.limit_in_bytes", 0), used("memory.usage_in_bytes"), number("memory.memsw.limit_in_bytes", 0), used("memory.memsw.usage_in_bytes")}
	}
	b := bounds{most: number("memory.max", 0), used: used("memory.current")}
	if high := number("memory.high", 0); high > 0 && (b.most == 0 || high < b.most) {
		b.most = high
	}
	if swap := number("memory.swap.max", -1); swap >= 0 && b.most > 0 && b.used >= 0 {
		b.both, b.bothUsed = b.most+swap, b.used+number("memory.swap.current", 0)
	}
	return b
}

// entry finds a number in lines "name number", in a unit.
func entry(lines []byte, name string, unit int64) int64 {
	for line := range bytes.Lines(lines) {
		if f := strings.Fields(string(line)); len(f) >= 2 && f[0] == name {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n * unit
		}
	}
	return 0
}
