package memory

import (
	"testing"
	"testing/fstest"
)

func TestFreeWithinControlGroups(t *testing.T) {
	const meminfo = "MemTotal: 16000 kB\nMemFree: 1000 kB\nMemAvailable:    10000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"
	const swap = "MemAvailable: 10000 kB\nSwapFree: 3000 kB\n"
	const two = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	const one = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
	const all = 10000 << 10
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"no groups":  {map[string]string{"proc/meminfo": meminfo}, all},
		"swap":       {map[string]string{"proc/meminfo": swap}, 13000 << 10},
		"no /proc":   {nil, 0},
		"not linked": {map[string]string{"proc/meminfo": "MemFree: 5 kB\n"}, 0},
		"v2, nested, a limit above": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/user.slice/job\n", "proc/self/mountinfo": two,
			"sys/fs/cgroup/user.slice/job/memory.max": "max\n", "sys/fs/cgroup/user.slice/job/memory.current": "900000\n",
			"sys/fs/cgroup/user.slice/memory.max": "4000000\n", "sys/fs/cgroup/user.slice/memory.current": "2500000\n",
			"sys/fs/cgroup/user.slice/memory.stat": "anon 1\ninactive_file 300000\nactive_file 200000\n"}, 4000000 - 2000000},
		"v2, its own limit": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/job\n", "proc/self/mountinfo": two,
			"sys/fs/cgroup/job/memory.max": "3000000\n", "sys/fs/cgroup/job/memory.current": "1000000\n"}, 2000000},
		"v2, high": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/job\n", "proc/self/mountinfo": two,
			"sys/fs/cgroup/job/memory.max": "3000000\n", "sys/fs/cgroup/job/memory.high": "1500000\n", "sys/fs/cgroup/job/memory.current": "1000000\n"}, 500000},
		"v2, high alone": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/job\n", "proc/self/mountinfo": two,
			"sys/fs/cgroup/job/memory.max": "max\n", "sys/fs/cgroup/job/memory.high": "1500000\n", "sys/fs/cgroup/job/memory.current": "1000000\n"}, 500000},
		"v2, in a container": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/\n", "proc/self/mountinfo": two,
			"sys/fs/cgroup/memory.max": "3000000\n", "sys/fs/cgroup/memory.current": "1000000\n"}, 2000000},
		"v2, some swap": {map[string]string{"proc/meminfo": swap, "proc/self/cgroup": "0::/job\n", "proc/self/mountinfo": two,
			"sys/fs/cgroup/job/memory.max": "3000000\n", "sys/fs/cgroup/job/memory.current": "1000000\n", "sys/fs/cgroup/job/memory.swap.max": "500000\n",
			"sys/fs/cgroup/job/memory.swap.current": "100000\n"}, 2400000},
		"v2, no swap": {map[string]string{"proc/meminfo": swap, "proc/self/cgroup": "0::/job\n", "proc/self/mountinfo": two,
			"sys/fs/cgroup/job/memory.max": "3000000\n", "sys/fs/cgroup/job/memory.current": "1000000\n", "sys/fs/cgroup/job/memory.swap.max": "0\n"}, 2000000},
		"v1, nested": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "5:cpu:/x\n4:memory:/jobs/7\n", "proc/self/mountinfo": one,
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "8000000\n",
			"sys/fs/cgroup/memory/jobs/7/memory.limit_in_bytes": "5000000\n", "sys/fs/cgroup/memory/jobs/7/memory.usage_in_bytes": "3000000\n",
			"sys/fs/cgroup/memory/jobs/7/memory.stat": "inactive_file 1\nactive_file 1\ntotal_inactive_file 500000\ntotal_active_file 500000\n"}, 3000000},
		"v1, docker without a namespace": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "4:memory:/docker/abc\n",
			"proc/self/mountinfo":                        "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "5000000\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "3000000\n"}, 2000000},
		"v1, memory and swap together": {map[string]string{"proc/meminfo": swap, "proc/self/cgroup": "4:memory:/a\n", "proc/self/mountinfo": one,
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "5000000\n", "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "3000000\n",
			"sys/fs/cgroup/memory/a/memory.memsw.limit_in_bytes": "5500000\n", "sys/fs/cgroup/memory/a/memory.memsw.usage_in_bytes": "3000000\n"}, 2500000},
		"full": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/job\n", "proc/self/mountinfo": two,
			"sys/fs/cgroup/job/memory.max": "3000000\n", "sys/fs/cgroup/job/memory.current": "3100000\n"}, 1},
		"a path from outside": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/../../job\n", "proc/self/mountinfo": two,
			"sys/fs/cgroup/memory.max": "3000000\n", "sys/fs/cgroup/memory.current": "1000000\n"}, 2000000},
	} {
		root := fstest.MapFS{}
		for file, text := range c.files {
			root[file] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := (place{root, groups(root)}).left(true); got != c.want {
			t.Errorf("%s: %d bytes free, want %d", name, got, c.want)
		}
	}
}

// What a process may have, what it may ask for at once, and what is left without swapping, within control groups.
func TestSizesWithinControlGroups(t *testing.T) {
	const meminfo = "MemTotal: 16000 kB\nMemAvailable: 10000 kB\nSwapTotal: 4000 kB\nSwapFree: 3000 kB\n"
	const two = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
	const one = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	for name, c := range map[string]struct {
		files                  map[string]string
		total, most, available int64
	}{
		"no groups": {map[string]string{"proc/meminfo": meminfo}, 16000 << 10, 20000 << 10, 10000 << 10},
		"no /proc":  {nil, 0, 0, 0},
		"a limit above": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/slice/job\n", "proc/self/mountinfo": two,
			"sys/fs/cgroup/slice/memory.max": "4000000\n", "sys/fs/cgroup/slice/memory.current": "2500000\n",
			"sys/fs/cgroup/slice/memory.stat": "inactive_file 500000\n", "sys/fs/cgroup/slice/job/memory.max": "max\n"}, 4000000, 4000000 + 4000<<10, 2000000},
		"high, and no swap": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/job\n", "proc/self/mountinfo": two,
			"sys/fs/cgroup/job/memory.max": "4000000\n", "sys/fs/cgroup/job/memory.high": "3000000\n", "sys/fs/cgroup/job/memory.current": "1000000\n",
			"sys/fs/cgroup/job/memory.swap.max": "0\n"}, 3000000, 3000000, 2000000},
		"more than the machine has": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/job\n", "proc/self/mountinfo": two,
			"sys/fs/cgroup/job/memory.max": "40000000\n", "sys/fs/cgroup/job/memory.current": "1000000\n"}, 16000 << 10, 20000 << 10, 10000 << 10},
		"version 1, memory and swap together": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "4:memory:/a\n", "proc/self/mountinfo": one,
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "5000000\n", "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "3000000\n",
			"sys/fs/cgroup/memory/a/memory.memsw.limit_in_bytes": "5500000\n", "sys/fs/cgroup/memory/a/memory.memsw.usage_in_bytes": "4500000\n"}, 5000000, 5500000, 1000000},
	} {
		root := fstest.MapFS{}
		for file, text := range c.files {
			root[file] = &fstest.MapFile{Data: []byte(text)}
		}
		p := place{root, groups(root)}
		if p.total() != c.total || p.most() != c.most || p.left(false) != c.available {
			t.Errorf("%s: %d, %d, %d, want %d, %d, %d", name, p.total(), p.most(), p.left(false), c.total, c.most, c.available)
		}
	}
}
