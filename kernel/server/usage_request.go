package server

import (
	"os"
	"runtime"
	"runtime/metrics"
)

// usage says what the kernel uses of the machine (as ipykernel's usage_request).
func usage(r *request) {
	host, _ := os.Hostname()
	total, available := hostMemory()
	used := total - available
	percent := 0.0
	if total > 0 {
		percent = 100 * float64(used) / float64(total)
	}
	r.reply(map[string]any{"status": "ok", "hostname": host, "pid": os.Getpid(), "kernel_cpu": cpuPercent(), "kernel_memory": residentMemory(),
		"cpu_count":           runtime.NumCPU(),
		"host_virtual_memory": map[string]any{"total": total, "available": available, "used": used, "percent": percent, "free": available}})
}

// goMemory is what the Go runtime has from the system, for systems that do not say what is resident.
func goMemory() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
