//go:build unix

package posttrain

import (
	"errors"
	"os"
	"syscall"
)

// hold keeps a folder for one run until the file is closed or the process is gone, however it ends. taken reports that another
// run has it. Where the file system has no locks nothing is held.
func hold(dir string) (f *os.File, taken bool, err error) {
	if f, err = os.Open(dir); err != nil {
		return nil, false, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		f.Close()
		return nil, true, nil
	}
	return f, false, nil
}
