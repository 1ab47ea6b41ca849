package compute

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of a large page where the smallest are 4 KB.
const hugePage = 2 << 20

// preferHugePages asks the system to back large memory with large pages: touching it the first time costs a hundredth, and
// products that stride through it miss the address cache less. It changes no contents; a system that refuses is no error.
func preferHugePages(s []float32) {
	if len(s)*4 < 2*hugePage {
		return
	}
	begin := uintptr(unsafe.Pointer(unsafe.SliceData(s)))
	skip := int(-begin & (hugePage - 1))
	whole := (len(s)*4 - skip) / hugePage * hugePage
	if whole <= 0 {
		return
	}
	bytes := unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(s)), skip)), whole)
	_ = unix.Madvise(bytes, unix.MADV_HUGEPAGE)
}
