package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

func signer(t *testing.T, scheme, key string) *Signer {
	t.Helper()
	s, err := NewSigner(scheme, key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFramesAreParsedAgain(t *testing.T) {
	for _, scheme := range []string{"hmac-sha256", "hmac-sha512"} {
		s := signer(t, scheme, "secret")
		m := &Message{Identities: [][]byte{[]byte("id")}, Header: NewHeader("execute_request", "s"), Parent: json.RawMessage(`{"msg_id":"p"}`),
			Metadata: map[string]any{"cellId": "c"}, Body: map[string]any{"code": "<a> & 世界"}, Buffers: [][]byte{{0, 1}}}
		frames, err := m.Frames(s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(frames, signer(t, scheme, "secret"))
		if err != nil {
			t.Fatal(err)
		}
		if got.Header.MsgID != m.Header.MsgID || got.Header.MsgType != "execute_request" || string(got.Identities[0]) != "id" || !bytes.Equal(got.Buffers[0], []byte{0, 1}) || got.Metadata["cellId"] != "c" {
			t.Errorf("%+v", got)
		}
		if !bytes.Contains(frames[6], []byte("<a> & 世界")) {
			t.Errorf("content is escaped: %s", frames[6])
		}
	}
}

func TestRejected(t *testing.T) {
	s := signer(t, "", "secret")
	good := func() [][]byte {
		f, _ := (&Message{Header: NewHeader("x", "s")}).Frames(s)
		return f
	}
	change := func(i int, b string) [][]byte { f := good(); f[i] = []byte(b); return f }
	resigned := func(i int, b string) [][]byte {
		f := change(i, b)
		f[1] = s.Sign(f[2:6]...)
		return f
	}
	for name, f := range map[string][][]byte{
		"no delimiter":       {[]byte("a"), []byte("b")},
		"too few frames":     good()[:5],
		"wrong signature":    change(1, strings.Repeat("0", 64)),
		"empty signature":    change(1, ""),
		"tampered":           change(5, `{"x":1}`),
		"no JSON":            resigned(2, "{"),
		"a list":             resigned(5, "[1]"),
		"no UTF-8":           resigned(5, "{\"a\":\"\xff\"}"),
		"null":               resigned(3, "null"),
		"NaN":                resigned(5, `{"a":NaN}`),
		"deep":               resigned(5, strings.Repeat(`{"a":`, 20000)),
		"no msg_type":        resigned(2, `{"msg_id":"a"}`),
		"msg_type no string": resigned(2, `{"msg_id":"a","msg_type":5}`),
	} {
		if _, err := Parse(f, signer(t, "", "secret")); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	f, r := good(), signer(t, "", "secret")
	if _, err := Parse(f, r); err != nil {
		t.Error(err)
	}
	if _, err := Parse(f, r); err == nil {
		t.Error("the same message twice is accepted")
	}
}

func TestAnEmptyKeySignsNothing(t *testing.T) {
	s := signer(t, "", "")
	f, _ := (&Message{Header: NewHeader("x", "s")}).Frames(s)
	if len(f[1]) != 0 {
		t.Errorf("signature %q", f[1])
	}
	for range 2 {
		if _, err := Parse(f, s); err != nil {
			t.Error(err)
		}
	}
}

func TestNoInvalidJSONLeaves(t *testing.T) {
	if _, err := (&Message{Header: NewHeader("x", "s"), Body: map[string]any{"x": math.NaN()}}).Frames(signer(t, "", "k")); err == nil {
		t.Error("NaN was sent")
	}
	f, err := (&Message{Header: NewHeader("x", "s"), Parent: json.RawMessage("null"), Body: map[string]any{"x": "a\xffb"}}).Frames(signer(t, "", "k"))
	var back struct{ X string }
	if err != nil || json.Unmarshal(f[5], &back) != nil || string(f[3]) != "{}" || back.X != "a\ufffdb" {
		t.Errorf("%s %v", f, err)
	}
}

func TestRememberedSignaturesAreBounded(t *testing.T) {
	s := signer(t, "", "k")
	for i := range remembered + 100 {
		p := [][]byte{[]byte(fmt.Sprint(i)), {}, {}, {}}
		if err := s.Verify(s.Sign(p...), p); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.seen) > remembered {
		t.Errorf("%d are remembered", len(s.seen))
	}
}

func TestConnectionFiles(t *testing.T) {
	base := map[string]any{"transport": "tcp", "ip": "127.0.0.1", "key": "k", "signature_scheme": "hmac-sha256", "shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5}
	with := func(k string, v any) []byte {
		m := map[string]any{}
		for a, b := range base {
			m[a] = b
		}
		if v == nil {
			delete(m, k)
		} else {
			m[k] = v
		}
		b, _ := json.Marshal(m)
		return b
	}
	if c, err := ParseConnection("f", with("x", 1)); err != nil || c.Address(c.Shell) != "127.0.0.1:1" {
		t.Errorf("%v %v", c, err)
	}
	if c, err := ParseConnection("f", with("ip", "*")); err != nil || c.Address(5) != "*:5" {
		t.Errorf("%v %v", c, err)
	}
	for want, data := range map[string][]byte{
		"is empty":                        {},
		"not the JSON":                    []byte("{"),
		"transport \"udp\"":               with("transport", "udp"),
		"signature_scheme \"md5\"":        with("signature_scheme", "md5"),
		"ip is missing":                   with("ip", nil),
		"is not an address":               with("ip", "300.1.1.1"),
		"shell_port is missing":           with("shell_port", nil),
		"between 1 and 65535: -1":         with("hb_port", -1),
		"between 1 and 65535: 70000":      with("iopub_port", 70000),
		"stdin_port and control_port are": with("control_port", 3),
		"cannot unmarshal":                with("shell_port", "x"),
	} {
		if _, err := ParseConnection("conn.json", data); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "conn.json") || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want one line with %q", err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"msg_type":"x"}`), []byte("{}"))
	f.Fuzz(func(t *testing.T, header, content []byte) {
		s, _ := NewSigner("", "")
		Parse([][]byte{[]byte(Delimiter), {}, header, []byte("{}"), []byte("{}"), content}, s)
	})
}
