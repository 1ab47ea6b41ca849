// Package memory says how much memory is left, so that a run that cannot fit is refused before it begins.
package memory

import "fmt"

// Text writes a number of bytes for a reader: "1.5 GB".
func Text(bytes int64) string {
	switch {
	case bytes >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
	case bytes >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.0f kB", float64(bytes)/1e3)
}
