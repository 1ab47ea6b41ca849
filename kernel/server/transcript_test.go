package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"lyceum/kernel/session"
	"lyceum/kernel/transport"
	"lyceum/kernel/wire"
)

var update = flag.Bool("update", false, "write the transcripts anew")

// peer is a client with all channels of one kernel.
type peer struct {
	t      *testing.T
	s      *Server
	signer *wire.Signer
	socks  map[string]*transport.Client
	in     chan got
}

type got struct {
	channel string
	m       *wire.Message
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// start runs a kernel in this process, without redirecting its descriptors, and connects to it.
func start(t *testing.T) *peer {
	t.Helper()
	var c *wire.Connection
	var s *Server
	for try := 0; s == nil; try++ { // another process may take a port between the look and the opening
		c = &wire.Connection{Transport: "tcp", IP: "127.0.0.1", Key: "k", Shell: freePort(t), IOPub: freePort(t), Stdin: freePort(t), Control: freePort(t), HB: freePort(t)}
		var err error
		s, err = New(c, Options{Implementation: "test", NewSession: func() (Session, error) { return session.New(session.Options{}) }})
		if err != nil && (try == 10 || !errors.Is(err, syscall.EADDRINUSE)) {
			t.Fatal(err)
		}
	}
	go s.serve()
	t.Cleanup(s.exit)
	signer, _ := wire.NewSigner("", "k")
	p := &peer{t: t, s: s, signer: signer, socks: map[string]*transport.Client{}, in: make(chan got, 1000)}
	for name, port := range map[string]int{"shell": c.Shell, "control": c.Control, "stdin": c.Stdin, "iopub": c.IOPub} {
		kind := "DEALER"
		if name == "iopub" {
			kind = "SUB"
		}
		k, err := transport.Dial("tcp", c.Address(port), kind, "client")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { k.Close() })
		p.socks[name] = k
		if name == "iopub" {
			k.Subscribe("")
		}
		go p.read(name, k)
	}
	if m := p.next(); m.m.Header.MsgType != "iopub_welcome" {
		t.Fatalf("the first message is %s", m.m.Header.MsgType)
	}
	return p
}

func (p *peer) read(channel string, k *transport.Client) {
	other, _ := wire.NewSigner("", "k")
	for {
		frames, err := k.Recv(time.Hour)
		if err != nil {
			return
		}
		m, err := wire.Parse(frames, other)
		if err != nil {
			p.t.Errorf("the kernel sent a bad message: %v", err)
			return
		}
		p.in <- got{channel, m}
	}
}

// next waits for a message that must come; the limit is for one that never does, however slow the machine.
func (p *peer) next() got {
	select {
	case g := <-p.in:
		return g
	case <-time.After(time.Minute):
		p.t.Helper()
		p.t.Fatal("no message")
	}
	return got{}
}

// send sends a request and returns its id.
func (p *peer) send(channel, msgType, content string) string {
	m := &wire.Message{Header: wire.NewHeader(msgType, "client"), Body: json.RawMessage(content)}
	frames, err := m.Frames(p.signer)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.socks[channel].Send(frames...); err != nil {
		p.t.Fatal(err)
	}
	return m.Header.MsgID
}

// running waits until each of the requests has printed: its cell runs.
func (p *peer) running(ids ...string) {
	p.t.Helper()
	for seen := map[string]bool{}; len(seen) < len(ids); {
		g := p.next()
		var parent wire.Header
		json.Unmarshal(g.m.Parent, &parent)
		if g.m.Header.MsgType == "stream" && slices.Contains(ids, parent.MsgID) {
			seen[parent.MsgID] = true
		}
	}
}

// until collects what belongs to a request: everything on iopub until idle, and the reply unless the type has none.
func (p *peer) until(id string, reply bool) map[string][]*wire.Message {
	out := map[string][]*wire.Message{}
	idle := false
	for !idle || reply && len(out["shell"])+len(out["control"]) == 0 {
		g := p.next()
		var parent wire.Header
		json.Unmarshal(g.m.Parent, &parent)
		if parent.MsgID != id {
			continue
		}
		out[g.channel] = append(out[g.channel], g.m)
		idle = idle || g.m.Header.MsgType == "status" && strings.Contains(string(g.m.Content), "idle")
	}
	return out
}

// volatile are fields whose values differ from run to run.
var volatile = map[string]bool{"tmpFilePrefix": true, "subshell_id": true, "version": true, "banner": true, "hostname": true, "pid": true, "kernel_cpu": true, "kernel_memory": true, "cpu_count": true, "host_virtual_memory": true}

func steady(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, y := range x {
			if volatile[k] {
				x[k] = "..."
			} else {
				x[k] = steady(y)
			}
		}
	case []any:
		for i := range x {
			x[i] = steady(x[i])
		}
		if len(x) > 12 {
			return append(x[:12:12], "...")
		}
	}
	return v
}

func line(m *wire.Message) string {
	var v any
	json.Unmarshal(m.Content, &v)
	b, _ := json.Marshal(steady(v))
	return m.Header.MsgType + " " + string(b) + "\n"
}

// A transcript is a txtar archive. Its file "send" has a line "channel type content" per request; "want" has, for each, what came
// back on iopub and on the channel.
func TestTranscripts(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txtar")
	if len(files) < 10 {
		t.Fatalf("%d transcripts", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p := start(t)
			var b bytes.Buffer
			for _, l := range strings.Split(strings.TrimSpace(string(a.Files[0].Data)), "\n") {
				f := strings.SplitN(l, " ", 3)
				reply := strings.HasSuffix(f[1], "_request") && f[1] != "no_such_request"
				fmt.Fprintf(&b, "> %s\n", l)
				msgs := p.until(p.send(f[0], f[1], f[2]), reply)
				for _, ch := range []string{"iopub", "shell", "control"} {
					for _, m := range msgs[ch] {
						fmt.Fprintf(&b, "%s %s", ch, line(m))
					}
				}
			}
			if *update {
				a.Files = []txtar.File{a.Files[0], {Name: "want", Data: b.Bytes()}}
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(a.Files) < 2 || string(a.Files[1].Data) != b.String() {
				t.Errorf("got\n%s\nthe transcript differs (go test ./kernel/server -update writes it anew)", b.String())
			}
		})
	}
}
