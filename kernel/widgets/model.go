// Package widgets are controls in the notebook that talk to the cells: sliders, texts, buttons, boxes of them.
// Showing one (as the last value of a cell, or with display.Show) makes a view of it; any number of views share its
// value, with each other and with the cell:
//
//	s := widgets.NewIntSlider("steps", 10, 0, 100)
//	l := widgets.NewLabel("")
//	s.OnChange(func(v int) { l.SetValue(fmt.Sprint(v, " steps")) })
//	display.Show(s, l)
//
// The front end is that of ipywidgets 8, which JupyterLab has when the Python package jupyterlab_widgets is installed;
// elsewhere a widget shows as text (the protocol: ipywidgets, "Jupyter widgets messaging protocol", version 2).
// Handlers run while no cell runs, and, in a front end that knows subshells, while one does.
package widgets

import (
	"fmt"
	"maps"
	"reflect"
	"sync"

	"lyceum/kernel/comm"
	"lyceum/kernel/wire"
)

const (
	target   = "jupyter.widget"
	protocol = "2.1.0"
	viewMIME = "application/vnd.jupyter.widget-view+json"

	controls = "@jupyter-widgets/controls"
	base     = "@jupyter-widgets/base"
	version  = "2.0.0"
)

// A Model is the state of one widget, the same in the kernel and in the front end. The widgets of this package are
// models with typed methods; NewModel makes any other that the front end has.
type Model struct {
	id   string
	comm *comm.Comm

	mu       sync.Mutex
	state    map[string]any
	handlers map[string][]func(v any)
	custom   []func(content map[string]any, buffers [][]byte)
}

// models are the widgets that are open, by identifier.
var models sync.Map

// NewModel opens a model of the front end. state holds its fields; _model_module, _model_name, _view_name and the like
// say what it is. A field may refer to another widget by Ref.
func NewModel(state map[string]any) *Model {
	m := &Model{id: wire.NewID(), state: maps.Clone(state), handlers: map[string][]func(any){}}
	models.Store(m.id, m)
	m.comm = comm.OpenMessage(m.id, target, comm.Message{Data: map[string]any{"state": maps.Clone(m.state), "buffer_paths": []any{}},
		Metadata: map[string]any{"version": protocol}})
	m.comm.OnMessage(m.received)
	m.comm.OnClose(func(comm.Message) { models.Delete(m.id) })
	return m
}

// control makes a widget of the module controls, with a layout and a style of its own.
func control(name, view, style string, state map[string]any) *Model {
	layout := NewModel(map[string]any{"_model_module": base, "_model_module_version": version, "_model_name": "LayoutModel",
		"_view_module": base, "_view_module_version": version, "_view_name": "LayoutView"})
	full := map[string]any{"_dom_classes": []string{}, "_model_module": controls, "_model_module_version": version, "_model_name": name,
		"_view_count": nil, "_view_module": controls, "_view_module_version": version, "_view_name": view,
		"layout": layout.Ref(), "tabbable": nil, "tooltip": nil}
	if style != "" {
		s := NewModel(map[string]any{"_model_module": controls, "_model_module_version": version, "_model_name": style,
			"_view_module": base, "_view_module_version": version, "_view_name": "StyleView"})
		full["style"] = s.Ref()
	}
	maps.Copy(full, state)
	return NewModel(full)
}

// Ref is how the state of another widget refers to this one.
func (m *Model) Ref() string { return "IPY_MODEL_" + m.id }

// ID identifies the widget; it is that of its comm.
func (m *Model) ID() string { return m.id }

// Get returns a field of the state; nil if there is none.
func (m *Model) Get(field string) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state[field]
}

// Set changes a field here and in the front end, and calls the handlers of the field when its value is another one.
func (m *Model) Set(field string, v any) {
	if m.put(field, v) {
		m.send("update", map[string]any{field: v})
		m.changed(field, v)
	}
}

func (m *Model) put(field string, v any) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, had := m.state[field]
	m.state[field] = v
	return !had || !reflect.DeepEqual(old, v)
}

func (m *Model) changed(field string, v any) {
	m.mu.Lock()
	list := append([]func(any){}, m.handlers[field]...)
	m.mu.Unlock()
	for _, f := range list {
		f(v)
	}
}

// On calls f with each new value of a field, whoever sets it. What comes from the front end has the types of JSON.
func (m *Model) On(field string, f func(v any)) {
	m.mu.Lock()
	m.handlers[field] = append(m.handlers[field], f)
	m.mu.Unlock()
}

// OnCustom calls f with each message of the front end that is not about the state.
func (m *Model) OnCustom(f func(content map[string]any, buffers [][]byte)) {
	m.mu.Lock()
	m.custom = append(m.custom, f)
	m.mu.Unlock()
}

// SendCustom sends a message that is not about the state.
func (m *Model) SendCustom(content map[string]any, buffers ...[]byte) {
	m.comm.Send(map[string]any{"method": "custom", "content": content}, buffers...)
}

// Close removes the widget and its views.
func (m *Model) Close() {
	models.Delete(m.id)
	m.comm.Close()
}

// layoutOf is the model of the CSS box.
func (m *Model) layoutOf() *Model {
	ref, _ := m.Get("layout").(string)
	if l, ok := models.Load(trimRef(ref)); ok {
		return l.(*Model)
	}
	return nil
}

// Layout sets a property of the widget's CSS box: width, height, border, margin, display and so on.
func (m *Model) Layout(property, value string) {
	if l := m.layoutOf(); l != nil {
		l.Set(property, value)
	}
}

func (m *Model) send(method string, state map[string]any) {
	m.comm.Send(map[string]any{"method": method, "state": state, "buffer_paths": []any{}})
}

// received takes a message of the front end. An update is echoed, so that other front ends of the same kernel follow.
func (m *Model) received(msg comm.Message) {
	switch msg.Data["method"] {
	case "update":
		state, _ := msg.Data["state"].(map[string]any)
		var news []string
		for k, v := range state {
			if m.put(k, v) {
				news = append(news, k)
			}
		}
		if len(state) > 0 {
			m.send("echo_update", state)
		}
		for _, k := range news {
			m.changed(k, state[k])
		}
	case "request_state":
		m.send("update", m.all())
	case "custom":
		content, _ := msg.Data["content"].(map[string]any)
		m.mu.Lock()
		list := append([]func(map[string]any, [][]byte){}, m.custom...)
		m.mu.Unlock()
		for _, f := range list {
			f(content, msg.Buffers)
		}
	}
}

func (m *Model) all() map[string]any {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.state)
}

// MIME shows a view of the widget.
func (m *Model) MIME() map[string]any {
	return map[string]any{viewMIME: map[string]any{"model_id": m.id, "version_major": 2, "version_minor": 0}, "text/plain": m.String()}
}

// String shows the widget where there are no views.
func (m *Model) String() string {
	name, _ := m.Get("_model_name").(string)
	text := "widget " + name
	if d, _ := m.Get("description").(string); d != "" {
		text += fmt.Sprintf(" %q", d)
	}
	if v := m.Get("value"); v != nil {
		text += fmt.Sprintf(": %v", v)
	}
	return text
}
