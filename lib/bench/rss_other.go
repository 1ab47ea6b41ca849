//go:build !linux

package bench

import (
	"os"
	"runtime"
)

// peakRSS is what Go took from the system, in MB: close to the peak, since it gives little back while it works.
func peakRSS() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys) / (1 << 20)
}

// childRSS is not known here.
func childRSS(*os.ProcessState) float64 { return 0 }
