package widgets

// An IntSlider chooses a whole number from a range.
type IntSlider struct{ *Model }

// NewIntSlider makes a slider from min to max that stands at value.
func NewIntSlider(description string, value, min, max int) *IntSlider {
	return &IntSlider{control("IntSliderModel", "IntSliderView", "SliderStyleModel", map[string]any{
		"description": description, "description_allow_html": false, "disabled": false, "value": value, "min": min, "max": max, "step": 1,
		"continuous_update": true, "orientation": "horizontal", "readout": true, "readout_format": "d", "behavior": "drag-tap"})}
}

// Value is where the slider stands.
func (w *IntSlider) Value() int { return integer(w.Get("value")) }

// SetValue moves the slider.
func (w *IntSlider) SetValue(v int) { w.Set("value", v) }

// OnChange calls f with each new value.
func (w *IntSlider) OnChange(f func(v int)) { w.On("value", func(v any) { f(integer(v)) }) }

// A FloatSlider chooses a number from a range.
type FloatSlider struct{ *Model }

// NewFloatSlider makes a slider from min to max in steps of step that stands at value.
func NewFloatSlider(description string, value, min, max, step float64) *FloatSlider {
	return &FloatSlider{control("FloatSliderModel", "FloatSliderView", "SliderStyleModel", map[string]any{
		"description": description, "description_allow_html": false, "disabled": false, "value": value, "min": min, "max": max, "step": step,
		"continuous_update": true, "orientation": "horizontal", "readout": true, "readout_format": ".2f", "behavior": "drag-tap"})}
}

// Value is where the slider stands.
func (w *FloatSlider) Value() float64 { return float(w.Get("value")) }

// SetValue moves the slider.
func (w *FloatSlider) SetValue(v float64) { w.Set("value", v) }

// OnChange calls f with each new value.
func (w *FloatSlider) OnChange(f func(v float64)) { w.On("value", func(v any) { f(float(v)) }) }

// An IntText is a field for a whole number.
type IntText struct{ *Model }

// NewIntText makes a field that shows value.
func NewIntText(description string, value int) *IntText {
	return &IntText{control("IntTextModel", "IntTextView", "DescriptionStyleModel", map[string]any{
		"description": description, "description_allow_html": false, "disabled": false, "value": value, "step": 1, "continuous_update": false})}
}

// Value is what the field shows.
func (w *IntText) Value() int { return integer(w.Get("value")) }

// SetValue changes what the field shows.
func (w *IntText) SetValue(v int) { w.Set("value", v) }

// OnChange calls f with each new value.
func (w *IntText) OnChange(f func(v int)) { w.On("value", func(v any) { f(integer(v)) }) }

// A Progress is a bar that fills.
type Progress struct{ *Model }

// NewProgress makes a bar that is full at max.
func NewProgress(description string, value, max int) *Progress {
	return &Progress{control("IntProgressModel", "ProgressView", "ProgressStyleModel", map[string]any{
		"description": description, "description_allow_html": false, "value": value, "min": 0, "max": max, "bar_style": "", "orientation": "horizontal"})}
}

// Value is how far the bar is.
func (w *Progress) Value() int { return integer(w.Get("value")) }

// SetValue fills the bar so far.
func (w *Progress) SetValue(v int) { w.Set("value", v) }
