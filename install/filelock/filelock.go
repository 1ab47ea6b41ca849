// Package filelock lets one process at a time do something, by a lock on a file that the operating system
// gives back when the process dies.
package filelock

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Held is a lock that this process has. A child that inherits File keeps the lock until it ends too.
type Held struct{ File *os.File }

// Unlock gives the lock back. The file stays, for removing it would race.
func (h *Held) Unlock() { h.File.Close() }

// Lock waits until this process has the file path for itself, or until ctx ends. waiting, if not nil, is called once when
// another process has it.
func Lock(ctx context.Context, path string, waiting func()) (*Held, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		got, err := try(f)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("%s cannot be locked: %w", path, err)
		}
		if got {
			return &Held{f}, nil
		}
		if waiting != nil {
			waiting()
			waiting = nil
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
