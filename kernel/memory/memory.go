// Package memory says how much memory there is for this process: the machine's, or that of its control group where one sets
// a limit (a container, a pod of JupyterHub).
package memory

import "fmt"

// Size spells a number of bytes for a reader: "16 GB", "1.5 GB", "512 MB".
func Size(bytes uint64) string {
	const mb, gb, tb = 1 << 20, 1 << 30, 1 << 40
	switch f := float64(bytes); {
	case bytes >= 10*tb:
		return fmt.Sprintf("%.0f TB", f/tb)
	case bytes >= 10*gb:
		return fmt.Sprintf("%.0f GB", f/gb)
	case bytes >= gb:
		return fmt.Sprintf("%.1f GB", f/gb)
	}
	return fmt.Sprintf("%.0f MB", float64(bytes)/mb)
}
