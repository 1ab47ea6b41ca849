package checkpoint

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"lyceum/lib/internal/compute"
	"lyceum/lib/stop"
)

// A Tensor is one tensor to be written.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// A source is a tensor to be written that is read when its turn comes, so that of a large file one tensor is in memory.
type source struct {
	name  string
	shape []int
	count int
	read  func() []float32
}

func sources(tensors []Tensor) []source {
	out := make([]source, len(tensors))
	for i, t := range tensors {
		out[i] = source{t.Name, t.Shape, len(t.Data), func() []float32 { return t.Data }}
	}
	return out
}

// Write writes a safetensors file of type F32, F16 or BF16 (rounded to nearest even). The file appears whole or not at all.
// A NaN, or a number that the type cannot hold, is an error.
func Write(file string, tensors []Tensor, dtype string) error {
	return writeSafetensors(file, sources(tensors), dtype)
}

func writeSafetensors(file string, tensors []source, dtype string) (err error) {
	defer stop.Catch(&err)
	k := kinds[dtype]
	if k == nil || k.write == nil || k.block > 1 {
		return fmt.Errorf("checkpoint: type %q cannot be written as safetensors: F32, F16 and BF16 can", dtype)
	}
	header := map[string]any{"__metadata__": map[string]string{"format": "pt"}}
	at := int64(0)
	for _, t := range tensors {
		if header[t.name] != nil {
			return fmt.Errorf("checkpoint: %s: tensor %s is there twice", file, t.name)
		}
		n := int64(t.count) * int64(k.bytes)
		header[t.name] = map[string]any{"dtype": dtype, "shape": append([]int{}, t.shape...), "data_offsets": []int64{at, at + n}}
		at += n
	}
	h, err := json.Marshal(header)
	if err != nil {
		return err
	}
	for len(h)%8 != 0 {
		h = append(h, ' ')
	}
	return atomically(file, func(w io.Writer) error {
		if _, err := w.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(len(h))), h...)); err != nil {
			return err
		}
		for _, t := range tensors {
			if err := k.writeAll(w, t.name, t.read()); err != nil {
				return err
			}
		}
		return nil
	})
}

// piece is how many elements are encoded at a time, so that a large tensor is not held twice; a multiple of every block.
const piece = 1 << 20

// writeAll encodes a tensor.
func (k *kind) writeAll(w io.Writer, name string, data []float32) error {
	buf := make([]byte, min(len(data), piece)/k.block*k.bytes)
	for len(data) > 0 {
		if stop.Requested() {
			return stop.ErrInterrupted
		}
		n := min(len(data), piece)
		if err := k.finite(name, data[:n]); err != nil {
			return err
		}
		out := buf[:n/k.block*k.bytes]
		compute.Parallel(n/k.block, max(1, 1<<14/k.block), func(lo, hi int) {
			k.write(out[lo*k.bytes:hi*k.bytes], data[lo*k.block:hi*k.block])
		})
		if _, err := w.Write(out); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// finite finds the first number that would be lost.
func (k *kind) finite(name string, data []float32) error {
	largest := float32(math.MaxFloat32)
	if k.name == "F16" {
		largest = 65520 // rounds to infinity
	}
	for _, x := range data {
		if !(x > -largest && x < largest) && !(k.name != "F16" && (x == largest || x == -largest)) {
			return fmt.Errorf("tensor %s has the value %v, which cannot be written as %s", name, x, k.name)
		}
	}
	return nil
}

// WriteFile writes a small file whole or not at all.
func WriteFile(file string, data []byte) error {
	return atomically(file, func(w io.Writer) error { _, err := w.Write(data); return err })
}

// atomically writes a file under a temporary name and renames it. A stop leaves what was there before.
func atomically(file string, write func(io.Writer) error) error {
	if st, err := os.Stat(file); err == nil && !st.Mode().IsRegular() { // the rename below would put a file in the place of a device
		return fmt.Errorf("checkpoint: %s is not a regular file", file)
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".checkpoint-*")
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	defer os.Remove(tmp.Name())
	b := bufio.NewWriterSize(tmp, 1<<16)
	err = write(b)
	if err == nil {
		err = b.Flush()
	}
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if err == nil {
		err = flushed(tmp) // else a power cut after the rename can leave an empty file under the right name
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if errors.Is(err, stop.ErrInterrupted) {
		return stop.ErrInterrupted
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %s: %w", file, err)
	}
	return nil
}

// flushed waits until a file is on the disk, which takes a slow one seconds, or a stop is requested.
func flushed(f *os.File) error {
	done := make(chan error, 1)
	go func() { done <- f.Sync() }()
	for {
		select {
		case err := <-done:
			return err
		case <-time.After(10 * time.Millisecond):
			if stop.Requested() {
				return stop.ErrInterrupted
			}
		}
	}
}
