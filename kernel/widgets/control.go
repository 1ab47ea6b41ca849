package widgets

import (
	"strings"

	"lyceum/kernel/comm"
)

// The target jupyter.widget.control lets a front end that comes late ask for all widgets at once.
func init() {
	comm.Register("jupyter.widget.control", func(c *comm.Comm, _ comm.Message) {
		c.OnMessage(func(m comm.Message) {
			if m.Data["method"] == "request_states" {
				c.Send(map[string]any{"method": "update_states", "states": states(), "buffer_paths": []any{}})
			}
		})
	})
}

func states() map[string]any {
	out := map[string]any{}
	models.Range(func(id, v any) bool {
		m := v.(*Model)
		out[id.(string)] = map[string]any{"model_name": m.Get("_model_name"), "model_module": m.Get("_model_module"),
			"model_module_version": m.Get("_model_module_version"), "state": m.all()}
		return true
	})
	return out
}

func trimRef(ref string) string { return strings.TrimPrefix(ref, "IPY_MODEL_") }

// integer reads a number of the state, which JSON makes a float64.
func integer(v any) int {
	switch x := v.(type) {
	case int:
		return x
	case float64:
		return int(x)
	}
	return 0
}

func float(v any) float64 {
	switch x := v.(type) {
	case int:
		return float64(x)
	case float64:
		return x
	}
	return 0
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
