package widgets

import (
	"strings"
	"testing"

	"lyceum/kernel/comm"
	"lyceum/kernel/display"
)

// front is a front end that keeps what it gets.
type front struct {
	display.Output
	sent []sent
}

type sent struct {
	msgType string
	body    map[string]any
	m       comm.Message
}

func (f *front) Comm(msgType string, body map[string]any, m comm.Message) {
	f.sent = append(f.sent, sent{msgType, body, m})
}

func with(f func()) *front {
	out := &front{}
	display.Do(out, f)
	return out
}

func TestASliderIsOpenedWithItsLayoutAndStyle(t *testing.T) {
	var s *IntSlider
	out := with(func() { s = NewIntSlider("n", 3, 0, 10) })
	if len(out.sent) != 3 {
		t.Fatalf("%d comms", len(out.sent))
	}
	for _, o := range out.sent {
		if o.msgType != "comm_open" || o.body["target_name"] != target || o.m.Metadata["version"] != protocol {
			t.Errorf("%+v", o)
		}
	}
	state := out.sent[2].m.Data["state"].(map[string]any)
	if state["layout"] != "IPY_MODEL_"+out.sent[0].body["comm_id"].(string) || state["style"] != "IPY_MODEL_"+out.sent[1].body["comm_id"].(string) {
		t.Errorf("%v", state)
	}
	view := s.MIME()[viewMIME].(map[string]any)
	if view["model_id"] != s.ID() || !strings.Contains(s.String(), "3") {
		t.Errorf("%v %s", view, s)
	}
}

func TestAnUpdateOfTheFrontEndIsTakenEchoedAndHandedOn(t *testing.T) {
	var seen []int
	var s *IntSlider
	with(func() {
		s = NewIntSlider("n", 3, 0, 10)
		s.OnChange(func(v int) { seen = append(seen, v) })
	})
	update := comm.Message{Data: map[string]any{"method": "update", "state": map[string]any{"value": 7.0}}}
	out := with(func() { comm.Received(s.ID(), update); comm.Received(s.ID(), update) })
	if s.Value() != 7 || len(seen) != 1 || seen[0] != 7 {
		t.Errorf("value %d, seen %v", s.Value(), seen)
	}
	if len(out.sent) != 2 || out.sent[0].m.Data["method"] != "echo_update" {
		t.Errorf("%+v", out.sent)
	}
	out = with(func() { s.SetValue(8); s.SetValue(8) })
	if len(out.sent) != 1 || out.sent[0].m.Data["method"] != "update" || len(seen) != 2 {
		t.Errorf("%+v, seen %v", out.sent, seen)
	}
}

func TestALateFrontEndGetsAllStates(t *testing.T) {
	var s *IntSlider
	with(func() { s = NewIntSlider("n", 3, 0, 10) })
	out := with(func() {
		comm.Opened("ctl", "jupyter.widget.control", comm.Message{})
		comm.Received("ctl", comm.Message{Data: map[string]any{"method": "request_states"}})
	})
	all := out.sent[0].m.Data["states"].(map[string]any)
	mine := all[s.ID()].(map[string]any)
	if mine["model_name"] != "IntSliderModel" || mine["state"].(map[string]any)["value"] != 3 {
		t.Errorf("%v", mine)
	}
	with(s.Close)
	if _, ok := states()[s.ID()]; ok {
		t.Error("a closed widget is still there")
	}
}

func TestButtonsTextsAndChoices(t *testing.T) {
	var got []string
	var b *Button
	var x *Text
	var c *Choice
	with(func() {
		b, x, c = NewButton("go"), NewText("", "a"), NewDropdown("", []string{"p", "q"}, 0)
		b.OnClick(func() { got = append(got, "click") })
		x.OnSubmit(func(v string) { got = append(got, v) })
		c.OnChange(func(v string) { got = append(got, v) })
		NewVBox(b, NewHBox(x, c), NewCheckbox("", true), NewProgress("", 1, 2), NewHTML("<b>"), NewFloatSlider("", 0.5, 0, 1, 0.1))
	})
	custom := func(event string) comm.Message {
		return comm.Message{Data: map[string]any{"method": "custom", "content": map[string]any{"event": event}}}
	}
	with(func() {
		comm.Received(b.ID(), custom("click"))
		comm.Received(x.ID(), custom("submit"))
		comm.Received(c.ID(), comm.Message{Data: map[string]any{"method": "update", "state": map[string]any{"index": 1.0}}})
	})
	if strings.Join(got, " ") != "click a q" || c.Index() != 1 {
		t.Errorf("%v", got)
	}
}
