package display

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
)

// recorder keeps what a cell shows, in order.
type recorder struct {
	mu      sync.Mutex
	text    string
	shown   []Bundle
	updates []Bundle
	cleared []bool
}

func (r *recorder) Stream(_ string, p []byte) { r.mu.Lock(); r.text += string(p); r.mu.Unlock() }
func (r *recorder) Display(b Bundle)          { r.mu.Lock(); r.shown = append(r.shown, b); r.mu.Unlock() }
func (r *recorder) Update(b Bundle)           { r.mu.Lock(); r.updates = append(r.updates, b); r.mu.Unlock() }
func (r *recorder) Clear(wait bool)           { r.cleared = append(r.cleared, wait) }
func (r *recorder) Input(p string, _ bool) (string, error) {
	if p == "" {
		return "", errors.New("no")
	}
	return "answer to " + p, nil
}

func TestOutputFollowsGoroutines(t *testing.T) {
	first, second := &recorder{}, &recorder{}
	release, done := make(chan bool), make(chan bool)
	Do(first, func() {
		go func() {
			<-release
			go func() { Current().Stream("stdout", []byte("late")); close(done) }()
		}()
	})
	Do(second, func() {
		Current().Stream("stdout", []byte("second"))
		close(release)
		<-done
	})
	if first.text != "late" || second.text != "second" {
		t.Fatalf("first cell got %q, second %q; want late, second", first.text, second.text)
	}
	if Current() != Output(second) {
		t.Error("a goroutine that no cell started should find the newest cell")
	}
}

func TestOldCellsAreForgotten(t *testing.T) {
	for range kept + 10 {
		Do(&recorder{}, func() {})
	}
	if n := len(cells.byLabels); n > kept || len(cells.order) > kept {
		t.Errorf("%d cells kept, want at most %d", n, kept)
	}
}

type broken struct{}

func (broken) HTML() string         { panic("no html today") }
func (broken) PNG() ([]byte, error) { return nil, errors.New("no image") }

type chart struct{}

func (chart) HTML() string   { return "<b>x</b>" }
func (chart) PNG() []byte    { return []byte("png") }
func (chart) JSON() any      { return map[string]any{"a": math.NaN(), "b": []float64{1, math.Inf(1)}} }
func (chart) String() string { return "a chart" }

func TestOf(t *testing.T) {
	for _, c := range []struct {
		name string
		v    any
		want map[string]string
	}{
		{"plain", 42, map[string]string{"text/plain": "42"}},
		{"nil", nil, map[string]string{"text/plain": "<nil>"}},
		{"struct", struct{ X, Y int }{1, 2}, map[string]string{"text/plain": "{X:1 Y:2}"}},
		{"error", errors.New("boom"), map[string]string{"text/plain": "boom"}},
		{"html", HTML("<i>"), map[string]string{"text/plain": "<i>", "text/html": "<i>"}},
		{"all", chart{}, map[string]string{"text/plain": "a chart", "text/html": "<b>x</b>", "image/png": "cG5n", "application/json": `{"a":null,"b":[1,null]}`}},
		{"broken", broken{}, map[string]string{"text/plain": "PNG(): no image"}},
		{"mime", MIME{"text/plain": "t", "application/x+json": []byte(`{"a":1}`)}, map[string]string{"text/plain": "t", "application/x+json": `{"a":1}`}},
	} {
		b := Of(c.v)
		if len(b.Data) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.name, b.Data, c.want)
		}
		for mime, want := range c.want {
			got, ok := b.Data[mime].(string)
			if !ok {
				j, err := json.Marshal(b.Data[mime])
				if err != nil {
					t.Errorf("%s: %s is not JSON: %v", c.name, mime, err)
				}
				got = string(j)
			}
			if got != want {
				t.Errorf("%s: %s is %q, want %q", c.name, mime, got, want)
			}
		}
	}
	if b := Of(image.NewGray(image.Rect(0, 0, 2, 3))); !strings.HasPrefix(b.Data["image/png"].(string), "iVBOR") || b.Data["text/plain"] != "*image.Gray 2x3" {
		t.Errorf("image: %v", b.Data)
	}
}

// length and sketch have the form of gonum/plot's Length and Plot.
type length float64
type sketch struct{ broken bool }

func (s *sketch) WriterTo(w, h length, format string) (io.WriterTo, error) {
	if s.broken {
		return nil, errors.New("cannot draw")
	}
	return bytes.NewBufferString(fmt.Sprint(w > h, format)), nil
}

func TestAPlotOfGonumShowsItself(t *testing.T) {
	if b := Of(&sketch{}); b.Data["image/png"] != "dHJ1ZXBuZw==" { // "truepng"
		t.Errorf("%v", b.Data)
	}
	if b := Of(&sketch{true}); b.Data["text/plain"] != "PNG(): cannot draw" {
		t.Errorf("%v", b.Data)
	}
}

func TestFromMethods(t *testing.T) {
	b := FromMethods("p", Methods{"HTML": func() any { return "<u>" }, "PNG": func() any { panic("x") }})
	if b.Data["text/html"] != "<u>" || b.Data["text/plain"] != "PNG(): x" {
		t.Errorf("%v", b.Data)
	}
}

func TestLiveSkipsButNeverLosesTheLast(t *testing.T) {
	r := &recorder{}
	Do(r, func() {
		l := Open(0)
		for i := 1; i <= 1000; i++ {
			l.Update(i)
		}
	})
	if len(r.shown) != 1 || r.shown[0].DisplayID == "" {
		t.Fatalf("shown %v", r.shown)
	}
	last := r.updates[len(r.updates)-1]
	if last.Data["text/plain"] != "1000" || last.DisplayID != r.shown[0].DisplayID {
		t.Errorf("the last update is %v", last)
	}
	if len(r.updates) > 100 {
		t.Errorf("%d updates were sent for 1000 calls in a row", len(r.updates))
	}
}

func TestLiveSendsWhenDue(t *testing.T) {
	r := &recorder{}
	Do(r, func() {
		l := Open("a")
		l.last = time.Now().Add(-time.Second)
		l.Update("b")
		if len(r.updates) != 1 {
			t.Errorf("an update that is due was not sent")
		}
	})
}

func TestShowUpdateClearInput(t *testing.T) {
	r := &recorder{}
	Do(r, func() {
		Show(1, "two")
		ShowAs("id", 3)
		Update("id", 4)
		Clear(true)
		if s, err := Input("q"); s != "answer to q" || err != nil {
			t.Error(s, err)
		}
		if _, err := Password(""); err == nil {
			t.Error("an error of the front end was lost")
		}
	})
	if len(r.shown) != 3 || r.shown[2].DisplayID != "id" || r.updates[0].DisplayID != "id" || r.updates[0].Data["text/plain"] != "4" || !r.cleared[0] {
		t.Errorf("%v %v %v", r.shown, r.updates, r.cleared)
	}
}

func TestTable(t *testing.T) {
	tab := NewTable("name", "loss").Row("a<b", 0.693147).Row("ü", 12)
	if want := "name  loss\na<b   0.6931\nü     12"; tab.String() != want {
		t.Errorf("got\n%s\nwant\n%s", tab, want)
	}
	if h := tab.HTML(); !strings.Contains(h, "a&lt;b") || strings.Contains(h, "a<b") {
		t.Errorf("text is not escaped: %s", h)
	}
	type row struct {
		A int
		b string
	}
	if got := TableOf([]row{{1, "x"}}).String(); got != "A  b\n1  x" {
		t.Errorf("%q", got)
	}
	if got := TableOf(map[string]int{"b": 2, "a": 1}).String(); got != "key  value\na    1\nb    2" {
		t.Errorf("%q", got)
	}
	if got := TableOf([][]int{{1, 2}, {3, 4}}).String(); got != "1  2\n3  4" {
		t.Errorf("%q", got)
	}
}

func TestAValueThatHoldsItselfIsShown(t *testing.T) {
	m := map[string]any{}
	m["self"] = []any{m}
	s := []any{1, nil}
	s[1] = s
	type node struct {
		Next *node
		Kids []*node
	}
	n := &node{}
	n.Next, n.Kids = n, []*node{n}
	for _, v := range []any{m, s, &m, struct{ X any }{s}, [1]any{m}} {
		b := Of(v)
		if got := b.Data["text/plain"].(string); !strings.HasSuffix(got, " that holds itself") {
			t.Errorf("%.100s", got)
		}
	}
	shared := []any{1}
	for _, v := range []any{n, []any{shared, shared}, map[string]any{"a": shared, "b": shared}, make([]any, 3), []time.Duration{1}} {
		if got := Of(v).Data["text/plain"].(string); got != fmt.Sprintf("%+v", v) {
			t.Errorf("%.100s, want %+v", got, v)
		}
	}
	if got := JSON(m)["text/plain"].(string); !strings.HasSuffix(got, " that holds itself") {
		t.Errorf("%.100s", got)
	}
}
