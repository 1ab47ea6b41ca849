package widgets

// A Label shows a line of text.
type Label struct{ *Model }

// NewLabel makes a label.
func NewLabel(value string) *Label {
	return &Label{control("LabelModel", "LabelView", "LabelStyleModel", map[string]any{
		"description": "", "description_allow_html": false, "placeholder": "", "value": value})}
}

// Value is the text.
func (w *Label) Value() string { return text(w.Get("value")) }

// SetValue changes the text.
func (w *Label) SetValue(v string) { w.Set("value", v) }

// An HTML shows formatted text.
type HTML struct{ *Model }

// NewHTML makes a widget that shows HTML.
func NewHTML(value string) *HTML {
	return &HTML{control("HTMLModel", "HTMLView", "HTMLStyleModel", map[string]any{
		"description": "", "description_allow_html": false, "placeholder": "", "value": value})}
}

// Value is the HTML.
func (w *HTML) Value() string { return text(w.Get("value")) }

// SetValue changes the HTML.
func (w *HTML) SetValue(v string) { w.Set("value", v) }

// A Text is a field for a line of text.
type Text struct{ *Model }

// NewText makes a field with a text in it.
func NewText(description, value string) *Text {
	return &Text{control("TextModel", "TextView", "TextStyleModel", textState(description, value))}
}

// NewTextarea makes a field for several lines.
func NewTextarea(description, value string) *Text {
	s := textState(description, value)
	s["rows"] = nil
	return &Text{control("TextareaModel", "TextareaView", "TextStyleModel", s)}
}

func textState(description, value string) map[string]any {
	return map[string]any{"description": description, "description_allow_html": false, "disabled": false, "placeholder": "\u200b",
		"value": value, "continuous_update": true}
}

// Value is the text in the field.
func (w *Text) Value() string { return text(w.Get("value")) }

// SetValue changes the text in the field.
func (w *Text) SetValue(v string) { w.Set("value", v) }

// OnChange calls f with each new text.
func (w *Text) OnChange(f func(v string)) { w.On("value", func(v any) { f(text(v)) }) }

// OnSubmit calls f when the person presses return in the field.
func (w *Text) OnSubmit(f func(v string)) {
	w.OnCustom(func(c map[string]any, _ [][]byte) {
		if c["event"] == "submit" {
			f(w.Value())
		}
	})
}
