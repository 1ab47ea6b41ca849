// Package memory says how much memory there is for this process, and how much is left: the machine's, or what its control groups
// allow it (a container, a pod of JupyterHub, a slice of systemd). The kernel ends a cell with it before the system ends the
// kernel; the library refuses a run that cannot fit before it begins.
package memory

import "fmt"

// Size spells a number of bytes for a reader: "16 GB", "1.5 GB", "512 MB", "3 kB". A GB is 2^30 bytes, as memory is sold.
func Size(bytes int64) string {
	const kb, mb, gb, tb = 1 << 10, 1 << 20, 1 << 30, 1 << 40
	switch f := float64(bytes); {
	case bytes >= 10*tb:
		return fmt.Sprintf("%.0f TB", f/tb)
	case bytes >= 10*gb:
		return fmt.Sprintf("%.0f GB", f/gb)
	case bytes >= gb:
		return fmt.Sprintf("%.1f GB", f/gb)
	case bytes >= mb:
		return fmt.Sprintf("%.0f MB", f/mb)
	default:
		return fmt.Sprintf("%.0f kB", f/kb)
	}
}
