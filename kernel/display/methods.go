package display

import (
	"image"
	"reflect"
)

// methodsOf finds the display methods of a compiled value.
func methodsOf(v any) Methods {
	m := Methods{}
	rv := reflect.ValueOf(v)
	if !rv.IsValid() || rv.Kind() == reflect.Pointer && rv.IsNil() {
		return m
	}
	for _, name := range MethodNames() {
		if f := rv.MethodByName(name); f.IsValid() && shows(f.Type()) {
			m[name] = func() any { return result(f.Call(nil)) }
		}
	}
	if f := drawn(rv); f != nil && m["PNG"] == nil {
		m["PNG"] = f
	}
	if img, ok := v.(image.Image); ok && m["PNG"] == nil {
		m["PNG"] = func() any { return pngOf(img) }
	}
	if data, ok := v.([]byte); ok {
		if kind := picture(data); kind != "" {
			m[kind] = func() any { return data }
		}
	}
	return m
}

var errorType = reflect.TypeFor[error]()

// shows reports whether a method has the form func() T or func() (T, error).
func shows(t reflect.Type) bool {
	return t.NumIn() == 0 && (t.NumOut() == 1 || t.NumOut() == 2 && t.Out(1) == errorType)
}

func result(out []reflect.Value) any {
	if len(out) == 2 && !out[1].IsNil() {
		return out[1].Interface()
	}
	return out[0].Interface()
}
