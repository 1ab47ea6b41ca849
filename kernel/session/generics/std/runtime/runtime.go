// Package runtime is the generic part of the standard package of that name,
// for the interpreter.
package runtime

import (
	"runtime"
	"unsafe"
)

// AddCleanup has cleanup(arg) called some time after ptr has become unreachable.
func AddCleanup[T, S any](ptr *T, cleanup func(S), arg S) runtime.Cleanup {
	return runtime.AddCleanup[byte, any]((*byte)(unsafe.Pointer(ptr)), func(a any) {
		s, _ := a.(S)
		cleanup(s)
	}, arg)
}
