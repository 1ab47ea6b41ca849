package display

import (
	"encoding/json"
	"math"
	"reflect"
)

// finite returns v in a form that JSON can hold: NaN and infinities, which JSON does not have, become null.
func finite(v any) any {
	if _, err := json.Marshal(v); err == nil {
		return v
	}
	return clean(reflect.ValueOf(v), 0)
}

// deepest bounds the recursion, so that a value that contains itself ends.
const deepest = 64

func clean(v reflect.Value, depth int) any {
	if !v.IsValid() || depth > deepest {
		return nil
	}
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil
		}
	case reflect.Interface, reflect.Pointer:
		return clean(v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = clean(v.Index(i), depth+1)
		}
		return out
	case reflect.Map:
		out := map[string]any{}
		for it := v.MapRange(); it.Next(); {
			if it.Key().Kind() == reflect.String {
				out[it.Key().String()] = clean(it.Value(), depth+1)
			}
		}
		return out
	case reflect.Struct:
		out := map[string]any{}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				out[f.Name] = clean(v.Field(i), depth+1)
			}
		}
		return out
	case reflect.Func, reflect.Chan, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128:
		return nil
	}
	return v.Interface()
}
