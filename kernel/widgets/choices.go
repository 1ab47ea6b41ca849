package widgets

// A Checkbox is on or off.
type Checkbox struct{ *Model }

// NewCheckbox makes a checkbox.
func NewCheckbox(description string, value bool) *Checkbox {
	return &Checkbox{control("CheckboxModel", "CheckboxView", "CheckboxStyleModel", map[string]any{
		"description": description, "description_allow_html": false, "disabled": false, "indent": false, "value": value})}
}

// Value reports whether the box is checked.
func (w *Checkbox) Value() bool { b, _ := w.Get("value").(bool); return b }

// SetValue checks the box, or not.
func (w *Checkbox) SetValue(v bool) { w.Set("value", v) }

// OnChange calls f with each new value.
func (w *Checkbox) OnChange(f func(v bool)) {
	w.On("value", func(v any) { b, _ := v.(bool); f(b) })
}

// A Choice picks one of several texts.
type Choice struct {
	*Model
	options []string
}

// NewDropdown makes a menu; index is the option that is chosen at first.
func NewDropdown(description string, options []string, index int) *Choice {
	return choice("DropdownModel", "DropdownView", description, options, index)
}

// NewRadio shows the options below each other with a button for each.
func NewRadio(description string, options []string, index int) *Choice {
	return choice("RadioButtonsModel", "RadioButtonsView", description, options, index)
}

// NewSelect shows the options as a list.
func NewSelect(description string, options []string, index int) *Choice {
	c := choice("SelectModel", "SelectView", description, options, index)
	c.Set("rows", 5)
	return c
}

func choice(model, view, description string, options []string, index int) *Choice {
	options = append([]string(nil), options...)
	return &Choice{control(model, view, "DescriptionStyleModel", map[string]any{"description": description, "description_allow_html": false,
		"disabled": false, "_options_labels": options, "index": index}), options}
}

// Index is the number of the chosen option; -1 if there is none.
func (w *Choice) Index() int {
	v := w.Get("index")
	if i := integer(v); v != nil && i >= 0 && i < len(w.options) {
		return i
	}
	return -1
}

// Value is the chosen option; empty if there is none.
func (w *Choice) Value() string {
	if i := w.Index(); i >= 0 {
		return w.options[i]
	}
	return ""
}

// SetIndex chooses an option.
func (w *Choice) SetIndex(i int) { w.Set("index", i) }

// OnChange calls f with each newly chosen option.
func (w *Choice) OnChange(f func(v string)) { w.On("index", func(any) { f(w.Value()) }) }

// A Button can be pressed.
type Button struct{ *Model }

// NewButton makes a button.
func NewButton(description string) *Button {
	return &Button{control("ButtonModel", "ButtonView", "ButtonStyleModel", map[string]any{
		"description": description, "disabled": false, "icon": "", "button_style": ""})}
}

// OnClick calls f at each press.
func (w *Button) OnClick(f func()) {
	w.OnCustom(func(c map[string]any, _ [][]byte) {
		if c["event"] == "click" {
			f()
		}
	})
}
