package rt

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"lyceum/kernel/display"
)

// Stream is one of the standard streams of the running cell. It has the
// methods of *os.File that make sense for it.
type Stream struct {
	name string
	file *os.File
}

// Stdout and Stderr write to the output of the cell that runs in this
// goroutine, in order with fmt.Print; outside a cell, to the process's own.
var (
	Stdout = &Stream{"stdout", os.Stdout}
	Stderr = &Stream{"stderr", os.Stderr}
)

// Write writes to the cell's output.
func (s *Stream) Write(p []byte) (int, error) {
	if out := display.Current(); out != nil {
		out.Stream(s.name, p)
		return len(p), nil
	}
	return s.file.Write(p)
}

// WriteString writes a string.
func (s *Stream) WriteString(t string) (int, error) { return s.Write([]byte(t)) }

// Sync does nothing: output is not held back.
func (s *Stream) Sync() error { return nil }

// Close does nothing: the stream belongs to the session.
func (s *Stream) Close() error { return nil }

// Fd is the descriptor of the process's own stream.
func (s *Stream) Fd() uintptr { return s.file.Fd() }

// Name is the name of the stream's file, for example /dev/stdout.
func (s *Stream) Name() string { return s.file.Name() }

// Stat describes the process's own stream.
func (s *Stream) Stat() (os.FileInfo, error) { return s.file.Stat() }

// Reader is the standard input of the running cell.
type Reader struct{ rest string }

// Stdin asks the person at the front end for a line whenever more input is
// wanted; outside a cell it is the process's own.
var Stdin = &Reader{}

// Read gives the bytes of the line, and asks for the next when all were read.
func (r *Reader) Read(p []byte) (int, error) {
	out := display.Current()
	if out == nil {
		return os.Stdin.Read(p)
	}
	if r.rest == "" {
		line, err := out.Input("", false)
		if err != nil {
			return 0, io.EOF
		}
		r.rest = line + "\n"
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close does nothing.
func (r *Reader) Close() error { return nil }

// Fd is the descriptor of the process's own input.
func (r *Reader) Fd() uintptr { return os.Stdin.Fd() }

// Name is the name of the input's file.
func (r *Reader) Name() string { return os.Stdin.Name() }

// Stat describes the process's own input.
func (r *Reader) Stat() (os.FileInfo, error) { return os.Stdin.Stat() }

// Print is the predeclared print: no spaces, on standard error.
func Print(args ...any) {
	var b strings.Builder
	for _, a := range args {
		b.WriteString(plain(a))
	}
	Stderr.WriteString(b.String())
}

// Println is the predeclared println: spaces between operands, a newline at
// the end, on standard error.
func Println(args ...any) {
	parts := make([]string, len(args))
	for i, a := range args {
		parts[i] = plain(a)
	}
	Stderr.WriteString(strings.Join(parts, " ") + "\n")
}

// plain formats an operand as the runtime does: no methods, floats in their
// shortest form.
func plain(v any) string {
	switch v := underlying(v).(type) {
	case nil:
		return "nil"
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case word:
		return string(v)
	case complex128:
		return strconv.FormatComplex(v, 'g', -1, 128)
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32)
	default:
		return fmt.Sprint(v)
	}
}
