package server

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"lyceum/kernel/wire"
)

// sendTo sends a request to a subshell.
func (p *peer) sendTo(subshell, msgType, content string) string {
	m := &wire.Message{Header: wire.NewHeader(msgType, "client"), Body: json.RawMessage(content)}
	m.Header.SubshellID = subshell
	frames, err := m.Frames(p.signer)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.socks["shell"].Send(frames...); err != nil {
		p.t.Fatal(err)
	}
	return m.Header.MsgID
}

func (p *peer) subshell() string {
	p.t.Helper()
	var c struct {
		ID string `json:"subshell_id"`
	}
	json.Unmarshal(p.until(p.send("control", "create_subshell_request", "{}"), true)["control"][0].Content, &c)
	if c.ID == "" {
		p.t.Fatal("no subshell")
	}
	return c.ID
}

// all collects what belongs to several requests until each has its reply and is idle.
func (p *peer) all(ids ...string) map[string]map[string][]*wire.Message {
	p.t.Helper()
	out := map[string]map[string][]*wire.Message{}
	for _, id := range ids {
		out[id] = map[string][]*wire.Message{}
	}
	for open := 2 * len(ids); open > 0; {
		g := p.next()
		var parent wire.Header
		json.Unmarshal(g.m.Parent, &parent)
		if m := out[parent.MsgID]; m != nil {
			m[g.channel] = append(m[g.channel], g.m)
			if g.channel == "shell" || strings.Contains(string(g.m.Content), `"idle"`) {
				open--
			}
		}
	}
	return out
}

func count(m *wire.Message) int {
	var c struct {
		Count int `json:"execution_count"`
	}
	json.Unmarshal(m.Content, &c)
	return c.Count
}

func TestASubshellRunsBesideTheMainShell(t *testing.T) {
	p := start(t)
	p.until(p.send("shell", "execute_request", execute1("shared := 41; release := make(chan bool)")), true)
	id := p.subshell()
	busy := p.send("shell", "execute_request", execute1("<-release; fmt.Println(\"released\")"))
	beside := p.sendTo(id, "execute_request", execute1("fmt.Println(shared + 1); close(release)"))
	got := p.all(busy, beside)
	sub := got[beside]
	if out := text(sub["iopub"]); out != "42\n" {
		t.Errorf("the subshell printed %q", out)
	}
	if n := count(sub["shell"][0]); n != 1 {
		t.Errorf("the first cell of the subshell has number %d", n)
	}
	var parent wire.Header
	json.Unmarshal(sub["shell"][0].Parent, &parent)
	if parent.SubshellID != id {
		t.Error("the reply does not say which subshell it is from")
	}
	if out := text(got[busy]["iopub"]); out != "released\n" {
		t.Errorf("the main shell printed %q", out)
	}
}

func TestAnErrorInASubshellAbortsItsOwnCells(t *testing.T) {
	p := start(t)
	p.until(p.send("shell", "execute_request", execute1("release, later := make(chan bool), make(chan bool)")), true)
	id, other := p.subshell(), p.subshell()
	main1 := p.send("shell", "execute_request", execute1("<-later"))
	main2 := p.send("shell", "execute_request", execute1("1"))
	s1 := p.sendTo(id, "execute_request", execute1("<-release\npanic(1)"))
	s2 := p.sendTo(id, "execute_request", execute1("2"))
	p.sendTo(other, "execute_request", execute1("close(release)")) // comes after them on the same channel: all wait by now
	got := p.all(s1, s2)
	p.sendTo(other, "execute_request", execute1("close(later)"))
	maps.Copy(got, p.all(main1, main2))
	for mid, want := range map[string]string{main1: "ok", main2: "ok", s1: "error", s2: "aborted"} {
		if st := status(got[mid]["shell"][0]); st != want {
			t.Errorf("%s, want %s", st, want)
		}
	}
}

func TestAnInterruptEndsTheCellsOfAllShells(t *testing.T) {
	p := start(t)
	p.until(p.send("shell", "execute_request", execute1("f := func() int { return 7 }")), true)
	id := p.subshell()
	a := p.send("shell", "execute_request", execute1("fmt.Println(1)\nfor {}"))
	b := p.sendTo(id, "execute_request", execute1("fmt.Println(1)\nfor {}"))
	p.running(a, b)
	p.send("control", "interrupt_request", "{}")
	got := p.all(a, b)
	if status(got[a]["shell"][0]) != "error" || status(got[b]["shell"][0]) != "error" {
		t.Errorf("main %s, subshell %s", got[a]["shell"][0].Content, got[b]["shell"][0].Content)
	}
	if out := text(p.until(p.sendTo(id, "execute_request", execute1("fmt.Println(f())")), true)["iopub"]); out != "7\n" {
		t.Errorf("after the interrupt a closure gives %q", out)
	}
}

func TestADeletedSubshellTakesNothingMore(t *testing.T) {
	p := start(t)
	id := p.subshell()
	p.until(p.send("control", "delete_subshell_request", `{"subshell_id":"`+id+`"}`), true)
	if s := status(p.until(p.sendTo(id, "execute_request", execute1("1")), true)["shell"][0]); s != "error" {
		t.Error(s)
	}
}
