package widgets

// A Widget is anything that has a model.
type Widget interface{ Ref() string }

// A Box holds other widgets.
type Box struct{ *Model }

// NewHBox puts widgets beside each other.
func NewHBox(children ...Widget) *Box { return box("HBoxModel", "HBoxView", children) }

// NewVBox puts widgets below each other.
func NewVBox(children ...Widget) *Box { return box("VBoxModel", "VBoxView", children) }

func box(model, view string, children []Widget) *Box {
	return &Box{control(model, view, "", map[string]any{"box_style": "", "children": refs(children)})}
}

// SetChildren replaces what the box holds.
func (w *Box) SetChildren(children ...Widget) { w.Set("children", refs(children)) }

func refs(ws []Widget) []string {
	out := []string{}
	for _, w := range ws {
		out = append(out, w.Ref())
	}
	return out
}
