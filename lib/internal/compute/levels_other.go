//go:build !amd64 && !arm64

package compute

// levels lists what this processor can run, best first.
func levels() []*level { return []*level{scalarLevel()} }
