//go:build !linux

package server

func residentMemory() uint64                { return goMemory() }
func hostMemory() (total, available uint64) { return 0, 0 }
func cpuPercent() float64                   { return 0 }
