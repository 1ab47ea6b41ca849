// Package probe starts a kernel as Jupyter does and asks it what it is, to see that it works on this machine.
package probe

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"lyceum/kernel/wire"
)

// Kernel starts argv with a connection file put in for {connection_file}, sends one kernel_info_request, and
// returns the time from the start to the reply.
func Kernel(argv []string, limit time.Duration) (time.Duration, error) {
	dir, err := os.MkdirTemp("", "lyceum-probe-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	ports, err := FreePorts(5)
	if err != nil {
		return 0, err
	}
	conn := wire.Connection{Transport: "tcp", IP: "127.0.0.1", Key: wire.NewID(), Scheme: "hmac-sha256",
		Shell: ports[0], IOPub: ports[1], Stdin: ports[2], Control: ports[3], HB: ports[4]}
	text, err := json.Marshal(conn)
	if err != nil {
		return 0, err
	}
	file := filepath.Join(dir, "connection.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return 0, err
	}
	args := append([]string(nil), argv...)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "{connection_file}", file)
	}
	return start(args, conn, limit)
}

func start(args []string, conn wire.Connection, limit time.Duration) (time.Duration, error) {
	cmd := exec.Command(args[0], args[1:]...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	replied := make(chan error, 1)
	go func() { replied <- ask(conn, begun.Add(limit)) }()
	select {
	case err := <-replied:
		took := time.Since(begun)
		cmd.Process.Kill()
		<-ended
		return took, err
	case err := <-ended:
		return 0, fmt.Errorf("the kernel ended at once (%v): %s", err, strings.TrimSpace(stderr.String()))
	}
}

// The ports between these two are registered for few programs, and no system gives them to connections that it opens: a port
// that is free is not taken by the next connection of any process before the kernel opens it.
const (
	firstPort = 20000
	afterPort = 32768
)

// FreePorts finds n ports of 127.0.0.1 on which nobody listens, for a kernel that is to be started.
func FreePorts(n int) ([]int, error) {
	var out []int
	for try := 0; len(out) < n; try++ {
		port := firstPort + rand.IntN(afterPort-firstPort)
		if try > 1000 {
			port = 0 // whatever there is
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		switch {
		case err == nil:
			defer l.Close() // all are held until all are found, so that they differ
			out = append(out, l.Addr().(*net.TCPAddr).Port)
		case port == 0:
			return nil, err
		}
	}
	return out, nil
}

// ask connects to the shell socket, sends kernel_info_request, and waits for the reply.
func ask(c wire.Connection, until time.Time) error {
	var s net.Conn
	for {
		var err error
		if s, err = net.Dial("tcp", c.Address(c.Shell)); err == nil {
			break
		}
		if time.Now().After(until) {
			return fmt.Errorf("the kernel opened no port: %w", err)
		}
		time.Sleep(2 * time.Millisecond)
	}
	defer s.Close()
	s.SetDeadline(until)
	signer, err := wire.NewSigner(c.Scheme, c.Key)
	if err != nil {
		return err
	}
	m := &wire.Message{Header: wire.NewHeader("kernel_info_request", wire.NewID()), Body: map[string]any{}}
	frames, err := m.Frames(signer)
	if err != nil {
		return err
	}
	r := bufio.NewReader(s)
	if err := handshake(s, r); err != nil {
		return fmt.Errorf("the kernel's socket does not answer as one: %w", err)
	}
	if err := send(s, frames); err != nil {
		return err
	}
	reply, err := receive(r)
	if err != nil {
		return fmt.Errorf("the kernel does not reply: %w", err)
	}
	got, err := wire.Parse(reply, signer)
	if err != nil {
		return err
	}
	if got.Header.MsgType != "kernel_info_reply" {
		return fmt.Errorf("the kernel replied with %s", got.Header.MsgType)
	}
	return nil
}

// ZMTP 3.0 with the NULL mechanism (rfc.zeromq.org/spec/23).
const (
	flagMore    = 1
	flagLong    = 2
	flagCommand = 4
)

// handshake makes the connection one of a DEALER socket.
func handshake(w io.Writer, r *bufio.Reader) error {
	greeting := make([]byte, 64)
	greeting[0], greeting[9], greeting[10] = 0xff, 0x7f, 3
	copy(greeting[12:], "NULL")
	ready := []byte("\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER")
	greeting = append(greeting, flagCommand, byte(len(ready)))
	if _, err := w.Write(append(greeting, ready...)); err != nil {
		return err
	}
	theirs := make([]byte, 64)
	if _, err := io.ReadFull(r, theirs); err != nil {
		return err
	}
	if theirs[0] != 0xff || theirs[9] != 0x7f {
		return errors.New("no ZMTP greeting")
	}
	flags, _, err := frame(r)
	if err == nil && flags&flagCommand == 0 {
		err = errors.New("no READY command")
	}
	return err
}

func send(w io.Writer, frames [][]byte) error {
	var b []byte
	for i, f := range frames {
		flags := byte(flagLong)
		if i < len(frames)-1 {
			flags |= flagMore
		}
		b = append(b, flags)
		b = binary.BigEndian.AppendUint64(b, uint64(len(f)))
		b = append(b, f...)
	}
	_, err := w.Write(b)
	return err
}

func receive(r *bufio.Reader) ([][]byte, error) {
	var out [][]byte
	for {
		flags, body, err := frame(r)
		if err != nil {
			return nil, err
		}
		if flags&flagCommand != 0 {
			continue
		}
		out = append(out, body)
		if flags&flagMore == 0 {
			return out, nil
		}
	}
}

func frame(r *bufio.Reader) (flags byte, body []byte, err error) {
	if flags, err = r.ReadByte(); err != nil {
		return
	}
	size := uint64(0)
	if flags&flagLong != 0 {
		err = binary.Read(r, binary.BigEndian, &size)
	} else {
		var b byte
		b, err = r.ReadByte()
		size = uint64(b)
	}
	if err == nil && size > 1<<20 {
		err = fmt.Errorf("a frame of %d bytes", size)
	}
	if err != nil {
		return
	}
	body = make([]byte, size)
	_, err = io.ReadFull(r, body)
	return
}
