package server

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"lyceum/kernel/wire"
)

func execute1(code string) string {
	b, _ := json.Marshal(map[string]any{"code": code})
	return string(b)
}

func status(m *wire.Message) string {
	var c struct{ Status string }
	json.Unmarshal(m.Content, &c)
	return c.Status
}

func text(msgs []*wire.Message) string {
	var b strings.Builder
	for _, m := range msgs {
		var c struct{ Text string }
		if m.Header.MsgType == "stream" && json.Unmarshal(m.Content, &c) == nil {
			b.WriteString(c.Text)
		}
	}
	return b.String()
}

func TestAnErrorAbortsWhatWaits(t *testing.T) {
	p := start(t)
	p.until(p.send("shell", "execute_request", execute1("release := make(chan bool)")), true)
	subshell := p.subshell()
	ids := []string{p.send("shell", "execute_request", execute1("<-release")), p.send("shell", "execute_request", execute1("panic(1)"))}
	for range 3 {
		ids = append(ids, p.send("shell", "execute_request", execute1("fmt.Println(1)")))
	}
	p.sendTo(subshell, "execute_request", execute1("close(release)")) // comes after them on the same channel: all wait by now
	want := []string{"ok", "error", "aborted", "aborted", "aborted"}
	got := map[string]string{}
	for len(got) < len(ids) {
		g := p.next()
		var parent wire.Header
		json.Unmarshal(g.m.Parent, &parent)
		if g.channel == "shell" && slices.Contains(ids, parent.MsgID) {
			got[parent.MsgID] = status(g.m)
		}
		if g.m.Header.MsgType == "stream" {
			t.Error("an aborted cell ran")
		}
	}
	for i, id := range ids {
		if got[id] != want[i] {
			t.Errorf("cell %d: %s, want %s", i+1, got[id], want[i])
		}
	}
}

func TestInterruptWhileACellRuns(t *testing.T) {
	p := start(t)
	p.until(p.send("shell", "execute_request", execute1("func inc(x int) int { return x + 1 }\nk := 0\nnext := func() int { k++; return k }")), true)
	for _, code := range []string{"for {\n}", "time.Sleep(time.Hour)", "<-make(chan int)", "var mu sync.Mutex\nmu.Lock()\nmu.Lock()", "select {}"} {
		id := p.send("shell", "execute_request", execute1("fmt.Println(1)\n"+code))
		p.running(id)
		p.send("control", "interrupt_request", "{}")
		begun := time.Now()
		r := p.until(id, true)
		if s := status(r["shell"][0]); s != "error" {
			t.Errorf("%q: status %s", code, s)
		}
		if d := time.Since(begun); d > 2*time.Second {
			t.Errorf("%q: stopped after %v", code, d)
		}
	}
	r := p.until(p.send("shell", "execute_request", execute1("fmt.Println(inc(4), next(), next())")), true)
	if got := text(r["iopub"]); got != "5 1 2\n" {
		t.Errorf("after the interrupts earlier functions give %q", got)
	}
}

func TestInput(t *testing.T) {
	p := start(t)
	id := p.send("shell", "execute_request", execute1("var name string\nfmt.Print(\"Name? \")\nfmt.Scanln(&name)\nfmt.Println(\"got\", name)"))
	for {
		g := p.next()
		if g.channel != "stdin" {
			continue
		}
		m := &wire.Message{Header: wire.NewHeader("input_reply", "client"), Parent: g.m.RawHeader, Body: map[string]any{"value": "Ada", "status": "ok"}}
		frames, _ := m.Frames(p.signer)
		p.socks["stdin"].Send(frames...)
		break
	}
	if got := text(p.until(id, true)["iopub"]); !strings.HasSuffix(got, "got Ada\n") {
		t.Errorf("%q", got)
	}
	id = p.send("shell", "execute_request", `{"code":"import \"bufio\"\n_, e := bufio.NewReader(os.Stdin).ReadString('\\n')\nfmt.Println(e != nil)","allow_stdin":false}`)
	if got := text(p.until(id, true)["iopub"]); got != "true\n" {
		t.Errorf("without allow_stdin: %q", got)
	}
}

func TestLateOutputKeepsItsParent(t *testing.T) {
	p := start(t)
	id := p.send("shell", "execute_request", execute1("go func() { time.Sleep(200 * time.Millisecond); fmt.Println(\"late\") }()"))
	p.until(id, true)
	p.until(p.send("shell", "execute_request", execute1("1")), true)
	for {
		g := p.next()
		if g.m.Header.MsgType == "stream" {
			var parent wire.Header
			json.Unmarshal(g.m.Parent, &parent)
			if parent.MsgID != id {
				t.Error("late output has the wrong parent")
			}
			return
		}
	}
}

func TestManyLinesAreFewMessages(t *testing.T) {
	p := start(t)
	r := p.until(p.send("shell", "execute_request", execute1("for i := 0; i < 20000; i++ { fmt.Println(\"line\", i) }")), true)
	if got := text(r["iopub"]); strings.Count(got, "\n") != 20000 || !strings.HasSuffix(got, "line 19999\n") {
		t.Errorf("%d lines", strings.Count(got, "\n"))
	}
	if n := len(r["iopub"]); n > 200 {
		t.Errorf("%d messages for 20000 lines", n)
	}
}

func TestCharactersAreNotSplit(t *testing.T) {
	for n := range 5 {
		b := []byte("ab世")
		if got := whole(b[:len(b)-n%4]); n%4 != 0 && got != 2 || n%4 == 0 && got != len(b) {
			t.Errorf("%d bytes missing: %d", n%4, got)
		}
	}
	if whole([]byte("ab\xff")) != 3 || whole(nil) != 0 {
		t.Error("bytes that are no character must not be held back")
	}
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{{"*a/b*", "x a/b y", true}, {"a?c", "abc", true}, {"a?c", "ac", false}, {"[ab]*", "bx", true}, {"[ab]*", "cx", false}, {"*", "", true}, {"[", "[", true}, {"a", "b", false}} {
		if glob(c.pattern, c.text) != c.want {
			t.Errorf("glob(%q, %q) is %v", c.pattern, c.text, !c.want)
		}
	}
}

func BenchmarkTrivialCell(b *testing.B) {
	t := &testing.T{}
	p := start(t)
	for b.Loop() {
		p.until(p.send("shell", "execute_request", `{"code":"1+1"}`), true)
	}
}
