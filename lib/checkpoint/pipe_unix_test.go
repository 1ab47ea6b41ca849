//go:build unix

package checkpoint

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A pipe where weights should be is an error at once, not a wait for somebody who writes to it.
func TestAPipeIsNoFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "model.safetensors")
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 2)
	go func() {
		_, err := Open(file)
		done <- err
		_, err = OpenGGUF(file)
		done <- err
	}()
	for range 2 {
		select {
		case err := <-done:
			if err == nil || !strings.Contains(err.Error(), "is not a file") {
				t.Errorf("got %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("it waits")
		}
	}
}
