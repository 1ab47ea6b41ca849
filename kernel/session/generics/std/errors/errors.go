// Package errors is the generic part of the standard package of that name, for
// the interpreter.
package errors

import "errors"

// AsType finds the first error of type E in err's tree.
func AsType[E error](err error) (E, bool) {
	var target E
	ok := errors.As(err, &target)
	return target, ok
}
