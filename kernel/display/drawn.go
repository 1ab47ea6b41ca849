package display

import (
	"bytes"
	"io"
	"reflect"
)

// Size in points (1/72 inch) at which a picture is drawn that has no size of its own.
const (
	drawnWidth  = 460.0
	drawnHeight = 300.0
)

// drawn finds the method by which gonum/plot's Plot draws itself, WriterTo(width, height, format) (io.WriterTo, error), and
// returns a call of it that gives a PNG; nil if there is none. Lengths are a float type of gonum's own, which is
// why the method is looked for by its form.
func drawn(rv reflect.Value) func() any {
	f := rv.MethodByName("WriterTo")
	if !f.IsValid() {
		return nil
	}
	t := f.Type()
	if t.NumIn() != 3 || t.NumOut() != 2 || t.In(0).Kind() != reflect.Float64 || t.In(1).Kind() != reflect.Float64 ||
		t.In(2).Kind() != reflect.String || t.Out(0) != reflect.TypeFor[io.WriterTo]() || t.Out(1) != errorType {
		return nil
	}
	return func() any {
		out := f.Call([]reflect.Value{reflect.ValueOf(drawnWidth).Convert(t.In(0)), reflect.ValueOf(drawnHeight).Convert(t.In(1)), reflect.ValueOf("png").Convert(t.In(2))})
		if err, ok := out[1].Interface().(error); ok {
			return err
		}
		var b bytes.Buffer
		if _, err := out[0].Interface().(io.WriterTo).WriteTo(&b); err != nil {
			return err
		}
		return b.Bytes()
	}
}
