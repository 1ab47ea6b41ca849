package lower

import "reflect"

// Types refer to each other in circles. A type that is reached through a
// pointer, a slice or a function is not needed before the one that refers to it
// is done: it is begun, so that it can be referred to, and defined afterwards.

// ordering is the state of that while types are being defined.
type ordering struct {
	defining int            // nested definitions
	behind   int            // pointers, slices and functions around the type looked at
	begun    []*namedType   // types to be defined
	late     []func() error // what needs all types around to be defined
}

// referred resolves a type that is only referred to.
func (w *World) referred(resolve func() (reflect.Type, error)) (reflect.Type, error) {
	w.behind++
	defer func() { w.behind-- }()
	return resolve()
}

// begin defines a type now, or later when it is only referred to.
func (w *World) begin(n *namedType, define func() error) error {
	n.define = define
	if w.behind > 0 && w.defining > 0 {
		w.begun = append(w.begun, n)
		return nil
	}
	return w.finish(n)
}

// finish defines a type that was begun. The outermost definition brings the
// others to an end.
func (w *World) finish(n *namedType) error {
	define, behind := n.define, w.behind
	n.define, w.behind = nil, 0
	w.defining++
	err := define()
	for err == nil && w.defining == 1 && len(w.begun)+len(w.late) > 0 {
		if len(w.begun) > 0 {
			m := w.begun[0]
			w.begun = w.begun[1:]
			if m.define != nil {
				err = w.finish(m)
			}
			continue
		}
		f := w.late[0]
		w.late = w.late[1:]
		err = f()
	}
	w.defining--
	w.behind = behind
	if w.defining == 0 {
		w.begun, w.late = nil, nil
	}
	return err
}

// whenDefined does something now, or, while types are being defined, after that.
func (w *World) whenDefined(f func() error) error {
	if w.defining == 0 {
		return f()
	}
	w.late = append(w.late, f)
	return nil
}
