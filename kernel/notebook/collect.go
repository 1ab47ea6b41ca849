package notebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"sync"

	"lyceum/kernel/display"
)

// A Recorder turns what the cells of one notebook show into nbformat outputs. It knows the displays of
// all cells, because a later cell may update what an earlier one has shown.
type Recorder struct {
	mu       sync.Mutex
	displays map[string][]*output
	changed  bool
}

// NewRecorder returns a Recorder without outputs.
func NewRecorder() *Recorder { return &Recorder{displays: map[string][]*output{}} }

// output is one output of a cell; a stream's text is in stream until it is written.
type output struct {
	stream string // "stdout", "stderr"; "" for anything but a stream
	text   []byte
	raw    map[string]any
}

func (o *output) json() map[string]any {
	if o.stream == "" {
		return o.raw
	}
	return map[string]any{"output_type": "stream", "name": o.stream, "text": lines(string(bytes.ToValidUTF8(o.text, []byte("\uFFFD"))))}
}

// A CellOutput takes the effects of one cell; it implements display.Output.
type CellOutput struct {
	r       *Recorder
	outputs []*output
	clear   bool // the next output empties the others first
}

// Cell returns where the effects of another cell go.
func (r *Recorder) Cell() *CellOutput { return &CellOutput{r: r} }

// JSON returns the outputs as nbformat holds them.
func (c *CellOutput) JSON() []any {
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	out := make([]any, len(c.outputs))
	for i, o := range c.outputs {
		out[i] = o.json()
	}
	return out
}

// add appends an output. The lock is held.
func (c *CellOutput) add(o *output) {
	if c.clear {
		c.outputs, c.clear = nil, false
	}
	c.outputs = append(c.outputs, o)
	c.r.changed = true
}

// Stream implements display.Output. Text follows on from text of the same stream.
func (c *CellOutput) Stream(name string, p []byte) {
	if len(p) == 0 {
		return
	}
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	if n := len(c.outputs); n == 0 || c.clear || c.outputs[n-1].stream != name {
		c.add(&output{stream: name})
	}
	last := c.outputs[len(c.outputs)-1]
	last.text = append(last.text, p...)
	c.r.changed = true
}

// Display implements display.Output.
func (c *CellOutput) Display(b display.Bundle) {
	o := &output{raw: bundle("display_data", b)}
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	c.add(o)
	if b.DisplayID != "" {
		c.r.displays[b.DisplayID] = append(c.r.displays[b.DisplayID], o)
	}
}

// Update implements display.Output. An id that no display has is ignored, as front ends do.
func (c *CellOutput) Update(b display.Bundle) {
	raw := bundle("display_data", b)
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	for _, o := range c.r.displays[b.DisplayID] {
		next := map[string]any{}
		for k, v := range o.raw {
			next[k] = v
		}
		next["data"], next["metadata"] = raw["data"], raw["metadata"]
		o.raw = next // a new object: the old one may be in a document that is just being written
		c.r.changed = true
	}
}

// Clear implements display.Output.
func (c *CellOutput) Clear(wait bool) {
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	if wait {
		c.clear = true
		return
	}
	c.outputs, c.clear = nil, false
	c.r.changed = true
}

// Input implements display.Output: without a front end nobody can answer.
func (c *CellOutput) Input(string, bool) (string, error) {
	return "", errors.New("input was asked for, but nobody is there to answer: the notebook runs without a front end")
}

// Result adds the value of the cell's last expression.
func (c *CellOutput) Result(b display.Bundle, count int) {
	raw := bundle("execute_result", b)
	raw["execution_count"] = count
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	c.add(&output{raw: raw})
}

// Fail adds an error.
func (c *CellOutput) Fail(name, value string, traceback []string) {
	tb := []any{}
	for _, l := range traceback {
		tb = append(tb, l)
	}
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	c.add(&output{raw: map[string]any{"output_type": "error", "ename": name, "evalue": value, "traceback": tb}})
}

// takeChanged reports whether anything was shown since the last call.
func (r *Recorder) takeChanged() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.changed
	r.changed = false
	return c
}

// bundle makes an output of a MIME bundle. The values are copied through JSON, so that a value which the
// cell changes later stays here as it was shown.
func bundle(kind string, b display.Bundle) map[string]any {
	data := map[string]any{}
	for mime, v := range b.Data {
		s, isText := v.(string)
		switch {
		case isText && splits(mime):
			data[mime] = lines(s)
		case isText:
			data[mime] = s
		default:
			if c, err := copied(v); err != nil {
				data["text/plain"] = lines("this value cannot be shown as " + mime + ": " + err.Error())
			} else {
				data[mime] = c
			}
		}
	}
	meta := map[string]any{}
	if c, err := copied(b.Metadata); err == nil {
		if m, ok := c.(map[string]any); ok {
			meta = m
		}
	}
	return map[string]any{"output_type": kind, "data": data, "metadata": meta}
}

func copied(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var out any
	err = d.Decode(&out)
	return out, err
}
