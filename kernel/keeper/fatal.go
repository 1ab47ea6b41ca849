package keeper

import (
	"bytes"
	"strings"
)

// fatal finds in the report of a crash of Go's runtime what happened.
func fatal(crash []byte) string {
	for _, l := range bytes.Split(crash, []byte("\n")) {
		s := strings.TrimSpace(string(l))
		for _, p := range []string{"fatal error: ", "panic: ", "SIG", "runtime: out of memory"} {
			if strings.HasPrefix(s, p) {
				return s
			}
		}
	}
	return ""
}
