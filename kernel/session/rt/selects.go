package rt

import (
	"reflect"
	"sync/atomic"
)

// stopped yields the channel that is closed when the running cell is
// interrupted.
var stopped atomic.Pointer[func() <-chan struct{}]

// OnStop tells how to find the channel that is closed when the running cell is
// interrupted; a select that waits then ends without running a case.
func OnStop(f func() <-chan struct{}) { stopped.Store(&f) }

// Case is one case of a select statement.
type Case struct {
	dir  reflect.SelectDir
	ch   any
	send any
}

// Recv is a case that receives from ch.
func Recv(ch any) Case { return Case{dir: reflect.SelectRecv, ch: ch} }

// Send is a case that sends v to ch.
func Send(ch, v any) Case { return Case{dir: reflect.SelectSend, ch: ch, send: v} }

// Select waits for one of the cases, or takes none and returns -1 at once when
// hasDefault says so and none is ready. It returns the number of the case, the
// value received and whether that came from a sender.
func Select(hasDefault bool, cases ...Case) (chosen int, v any, ok bool) {
	list := make([]reflect.SelectCase, 0, len(cases)+1)
	for _, c := range cases {
		s := reflect.SelectCase{Dir: c.dir, Chan: reflect.ValueOf(c.ch)}
		if c.dir == reflect.SelectSend {
			s.Send = sendValue(c.send, s.Chan.Type().Elem())
		}
		list = append(list, s)
	}
	extra := len(list)
	if hasDefault {
		list = append(list, reflect.SelectCase{Dir: reflect.SelectDefault})
	} else if f := stopped.Load(); f != nil {
		if stop := (*f)(); stop != nil {
			list = append(list, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(stop)})
		}
	}
	i, r, ok := reflect.Select(list)
	if i == extra {
		return -1, nil, false
	}
	if r.IsValid() {
		v = r.Interface()
	}
	return i, v, ok
}

// sendValue is v with the type of a channel's elements.
func sendValue(v any, elem reflect.Type) reflect.Value {
	if v == nil {
		return reflect.Zero(elem)
	}
	r := reflect.ValueOf(v)
	if elem.Kind() != reflect.Interface && r.Type() != elem && r.Type().ConvertibleTo(elem) {
		r = r.Convert(elem)
	}
	return r
}
