package transport

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Each test is one row of what went wrong with zmq4 alone: a peer that is silent, rude or slow must not harm the others.

func router(t *testing.T) (*Socket, string) {
	t.Helper()
	s, err := Router("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(0) })
	go func() { // echo, as the heartbeat does
		for {
			m, err := s.Recv()
			if err != nil {
				return
			}
			s.Send(m)
		}
	}()
	return s, s.Addr().String()
}

func dial(t *testing.T, addr, kind, id string) *Client {
	t.Helper()
	c, err := Dial("tcp", addr, kind, id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// echoes checks that a client is served.
func echoes(t *testing.T, c *Client, frames ...[]byte) {
	t.Helper()
	if err := c.Send(frames...); err != nil {
		t.Fatal(err)
	}
	got, err := c.Recv(limit)
	if err != nil {
		t.Fatalf("no echo: %v", err)
	}
	if len(got) != len(frames) {
		t.Fatalf("%d frames came back of %d", len(got), len(frames))
	}
	for i := range frames {
		if !bytes.Equal(got[i], frames[i]) {
			t.Fatalf("frame %d differs", i)
		}
	}
}

func TestEcho(t *testing.T) {
	_, addr := router(t)
	c := dial(t, addr, "DEALER", "me")
	echoes(t, c, []byte("a"))
	echoes(t, c, []byte{}, []byte("b"), []byte{})
	echoes(t, c, bytes.Repeat([]byte("x"), 3<<20), bytes.Repeat([]byte("y"), 255), bytes.Repeat([]byte("z"), 256))
	for range 1000 {
		echoes(t, c, []byte("again"))
	}
}

func TestRudePeersHarmNobody(t *testing.T) {
	_, addr := router(t)
	good := dial(t, addr, "DEALER", "good")
	greeting := ourGreeting()
	ready := command("READY", properties(map[string]string{"Socket-Type": "DEALER", "Identity": "x"}))
	size := func(n uint64) []byte { return binary.BigEndian.AppendUint64([]byte{flagLong}, n) }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, bytes := range map[string][]byte{
		"silence":                     {},
		"half a greeting":             greeting[:20],
		"an HTTP request":             []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n" + strings.Repeat("x", 100)),
		"ZMTP 2":                      {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, 0},
		"another mechanism":           append(append([]byte{}, greeting[:12]...), append([]byte("CURVE"), make([]byte, 47)...)...),
		"a cut property":              join(greeting, command("READY", []byte{11, 'S', 'o'})),
		"a huge property":             join(greeting, command("READY", append([]byte{1, 'a'}, 0xff, 0xff, 0xff, 0xff))),
		"a SUB":                       join(greeting, command("READY", properties(map[string]string{"Socket-Type": "SUB"}))),
		"a frame of 2^62 bytes":       join(greeting, ready, size(1<<62)),
		"a frame of 2^63 bytes":       join(greeting, ready, size(1<<63)),
		"a frame of 200 MB, not sent": join(greeting, ready, size(200<<20)),
		"unknown flags":               join(greeting, ready, []byte{0xf8, 1, 'a'}),
		"a bad command":               join(greeting, ready, []byte{flagCommand, 2, 9, 'a'}),
		"an empty command":            join(greeting, ready, []byte{flagCommand, 0}),
		"random bytes":                join(greeting, ready, []byte("\x93\x10garbage")),
	} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Write(bytes)
		echoes(t, good, []byte(name))
	}
	echoes(t, dial(t, addr, "DEALER", "late"), []byte("a new client is accepted"))
}

func TestSilentPeersDoNotKeepOthersOut(t *testing.T) {
	_, addr := router(t)
	for range 3 * handshakes {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	begun := time.Now()
	echoes(t, dial(t, addr, "DEALER", "late"), []byte("a"))
	if took := time.Since(begun); took > handshakeTime/2 {
		t.Errorf("the next peer was served after %v", took)
	}
}

func TestMemoryIsNotTakenOnAPromise(t *testing.T) {
	_, addr := router(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 20 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Write(append(append(ourGreeting(), command("READY", properties(map[string]string{"Socket-Type": "DEALER"}))...), binary.BigEndian.AppendUint64([]byte{flagLong}, 250<<20)...))
	}
	time.Sleep(200 * time.Millisecond)
	runtime.ReadMemStats(&after)
	if grew := int64(after.Sys) - int64(before.Sys); grew > 100<<20 {
		t.Errorf("%d MB were taken for frames that were only announced", grew>>20)
	}
}

func TestPing(t *testing.T) {
	_, addr := router(t)
	c := dial(t, addr, "DEALER", "p")
	c.c.Write(command("PING", []byte{0, 10, 'c', 't', 'x'}))
	flags, body, err := readFrame(c.r, maxReady)
	if err != nil || flags&flagCommand == 0 {
		t.Fatal(flags, err)
	}
	if name, data, _ := parseCommand(body); name != "PONG" || string(data) != "ctx" {
		t.Errorf("%s %q", name, data)
	}
	echoes(t, c, []byte("after"))
}

func TestAClientThatDoesNotReadHoldsUpNobody(t *testing.T) {
	s, addr := router(t)
	stuck := dial(t, addr, "DEALER", "stuck")
	stuck.c.(*net.TCPConn).SetReadBuffer(4096)
	good := dial(t, addr, "DEALER", "good")
	echoes(t, good, []byte("1"))
	stuck.Send([]byte("hello"))
	time.Sleep(50 * time.Millisecond)
	big := bytes.Repeat([]byte("x"), 1<<20)
	go func() {
		for range 200 {
			s.Send([][]byte{[]byte("stuck"), big})
		}
	}()
	for i := range 50 {
		echoes(t, good, []byte(fmt.Sprint(i)))
	}
}

// limit is for what must come: a machine under load may be slow.
const limit = time.Minute

func publisher(t *testing.T) (*Socket, string) {
	t.Helper()
	s, err := Publisher("tcp", "127.0.0.1:0", func(topic []byte) [][]byte { return [][]byte{topic, []byte("welcome")} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(0) })
	return s, s.Addr().String()
}

func TestSubscriptions(t *testing.T) {
	s, addr := publisher(t)
	all, some := dial(t, addr, "SUB", ""), dial(t, addr, "SUB", "")
	all.Subscribe("")
	some.Subscribe("b")
	for _, c := range []*Client{all, some} {
		if m, err := c.Recv(limit); err != nil || string(m[1]) != "welcome" {
			t.Fatalf("the first message is %q, %v", m, err)
		}
	}
	for _, topic := range []string{"a", "bc", "c"} {
		s.Send([][]byte{[]byte(topic), []byte("x")})
	}
	for _, want := range []string{"a", "bc", "c"} {
		if m, err := all.Recv(limit); err != nil || string(m[0]) != want {
			t.Fatalf("got %q, %v, want %s", m, err, want)
		}
	}
	if m, err := some.Recv(limit); err != nil || string(m[0]) != "bc" {
		t.Fatalf("got %q, %v", m, err)
	}
	if m, err := some.Recv(200 * time.Millisecond); err == nil {
		t.Errorf("a message that was not subscribed to: %q", m)
	}
	some.Subscribe("b") // every subscription has its welcome
	if m, err := some.Recv(limit); err != nil || string(m[1]) != "welcome" {
		t.Fatalf("%q, %v", m, err)
	}
}

func TestAStuckSubscriberDoesNotStarveTheOthers(t *testing.T) {
	s, addr := publisher(t)
	stuck, good := dial(t, addr, "SUB", ""), dial(t, addr, "SUB", "")
	stuck.Subscribe("")
	good.Subscribe("")
	good.Recv(limit)
	body := bytes.Repeat([]byte("x"), 1<<16)
	const n = 3000 // 190 MB
	go func() {
		for range n {
			s.Send([][]byte{[]byte("t"), body})
		}
	}()
	for i := range n {
		if _, err := good.Recv(limit); err != nil {
			t.Fatalf("message %d of %d: %v", i, n, err)
		}
	}
}

func TestNothingIsLostOnClose(t *testing.T) {
	s, addr := publisher(t)
	c := dial(t, addr, "SUB", "")
	c.Subscribe("")
	c.Recv(limit)
	for range 100 {
		s.Send([][]byte{[]byte("t"), bytes.Repeat([]byte("x"), 10000)})
	}
	s.Close(2 * time.Second)
	for i := range 100 {
		if _, err := c.Recv(limit); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
}

func TestIPC(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("socket files are for unix")
		return
	}
	dir, err := os.MkdirTemp("", "ipc") // t.TempDir is too long for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "s")
	l, err := net.Listen("unix", file)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close() // a killed kernel leaves such a file behind
	s, err := Router("ipc", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Router("ipc", file); err == nil {
		t.Error("two kernels on one socket file")
	}
	c, err := Dial("ipc", file, "DEALER", "a")
	if err != nil {
		t.Fatal(err)
	}
	c.Send([]byte("x"))
	if m, err := s.Recv(); err != nil || string(m[1]) != "x" {
		t.Errorf("%q %v", m, err)
	}
	s.Close(0)
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the socket file is still there: %v", err)
	}
}

func TestPortInUse(t *testing.T) {
	_, addr := router(t)
	if _, err := Router("tcp", addr); err == nil {
		t.Error("two sockets on one port")
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte{0, 1, 'a'})
	f.Add([]byte{2, 0, 0, 0, 0, 0, 0, 0, 1, 'a'})
	f.Add(command("READY", properties(map[string]string{"Socket-Type": "DEALER"})))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, body, err := readFrame(bytes.NewReader(b), 1<<16); err == nil {
			if _, data, err := parseCommand(body); err == nil {
				parseProperties(data)
			}
		}
	})
}
