package checkpoint

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// worthHuge is the number of elements from which large pages are asked for.
const worthHuge = 1 << 16

// huge asks the system for large pages under memory that is about to be filled for the first time. A model is filled page
// by page, and with pages of 4 KB that costs as much time as reading it. The range is widened to whole large pages: what lies
// between two tensors would otherwise keep both of its neighbours from having one.
func huge(data []float32) {
	if len(data) < worthHuge {
		return
	}
	from := uintptr(unsafe.Pointer(&data[0])) &^ (large - 1)
	to := (uintptr(unsafe.Pointer(&data[0])) + uintptr(4*len(data)) + large - 1) &^ (large - 1)
	unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_HUGEPAGE) // it is only a wish: an error changes nothing
}

// release lets go of the pages of a mapped file that lie wholly in the data: they have been read, and would otherwise count
// as the process's memory beside what was made of them. Whoever reads them again gets them from the file again.
func release(data []byte) {
	if len(data) == 0 {
		return
	}
	page := uintptr(unix.Getpagesize())
	from := (uintptr(unsafe.Pointer(&data[0])) + page - 1) &^ (page - 1)
	to := (uintptr(unsafe.Pointer(&data[0])) + uintptr(len(data))) &^ (page - 1)
	if to > from {
		unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_DONTNEED)
	}
}
