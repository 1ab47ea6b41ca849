//go:build !amd64

package compute

import "sync/atomic"

var pauseWord atomic.Uint32

// pause passes the time of about n short instructions.
func pause(n int) {
	for range n {
		pauseWord.Load()
	}
}
