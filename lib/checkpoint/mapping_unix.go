//go:build unix

package checkpoint

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// mapped returns the bytes of a file as memory that the system fills when it is read. The memory is given back when keep is
// no longer used; whoever holds a part of the bytes holds keep too.
func mapped(file string) (data []byte, keep *mapping, err error) {
	if st, err := os.Stat(file); err == nil && !st.Mode().IsRegular() { // to open a pipe would wait for who writes to it
		return nil, nil, fmt.Errorf("%s is not a file", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	switch {
	case err != nil:
		return nil, nil, err
	case !st.Mode().IsRegular():
		return nil, nil, fmt.Errorf("%s is not a file", file)
	case st.Size() == 0:
		return nil, nil, nil
	case int64(int(st.Size())) != st.Size():
		return nil, nil, fmt.Errorf("%s has %d bytes, too many for this machine's addresses", file, st.Size())
	}
	data, err = syscall.Mmap(int(f.Fd()), 0, int(st.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, &os.PathError{Op: "map", Path: file, Err: err}
	}
	keep = &mapping{}
	runtime.AddCleanup(keep, func(b []byte) { syscall.Munmap(b) }, data)
	return data, keep, nil
}
