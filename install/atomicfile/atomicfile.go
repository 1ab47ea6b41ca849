// Package atomicfile writes files that are whole or not there: to a temporary name beside the target, then renamed.
package atomicfile

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// Write replaces path by data.
func Write(path string, data []byte, mode os.FileMode) error {
	return replace(path, mode, func(f *os.File) error {
		_, err := f.Write(data)
		return err
	})
}

// Copy replaces path by a copy of the file source. A program that runs from path goes on running from its old file.
func Copy(path, source string, mode os.FileMode) error {
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer in.Close()
	return replace(path, mode, func(f *os.File) error {
		_, err := io.Copy(f, in)
		return err
	})
}

func replace(path string, mode os.FileMode, fill func(*os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	err = fill(f)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(f.Name(), mode)
	}
	if err == nil {
		err = rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// rename moves from to path. Windows does not replace a program that runs, but lets it be renamed; the old
// file is removed by a later call, when nothing runs from it any more.
func rename(from, path string) error {
	err := os.Rename(from, path)
	if err == nil || runtime.GOOS != "windows" {
		return err
	}
	old, _ := filepath.Glob(path + ".old-*")
	for _, o := range old {
		os.Remove(o)
	}
	aside, e := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".old-*")
	if e != nil {
		return err
	}
	aside.Close()
	os.Remove(aside.Name())
	if e := os.Rename(path, aside.Name()); e != nil {
		return err
	}
	return os.Rename(from, path)
}
