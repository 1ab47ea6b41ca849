//go:build unix && !linux

package keeper

import "os"

// nameless makes a file that has no name.
func nameless() (*os.File, error) {
	f, err := os.CreateTemp("", "lyceum-ledger-*")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}
