//go:build unix

package zoo

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// full reports whether an error says that there is no room.
func full(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// room is how many bytes a user may still write to the disk of a folder.
func room(folder string) (int64, bool) {
	var st unix.Statfs_t
	if unix.Statfs(folder, &st) != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}

// lock waits until it alone has the file, in the way of Python's filelock, which huggingface_hub uses.
func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX) }
