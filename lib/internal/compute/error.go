package compute

import "fmt"

// Error is the value that a kernel panics with when it is called with sizes that do not fit.
// It is a mistake in the calling code, never a property of the data.
type Error struct {
	Op      string // the function, such as "compute.Gemm"
	Problem string // what does not fit
}

// Error returns the function and the problem on one line.
func (e *Error) Error() string { return e.Op + ": " + e.Problem }

func fail(op, format string, args ...any) {
	panic(&Error{Op: "compute." + op, Problem: fmt.Sprintf(format, args...)})
}

// need panics unless the slice called name holds at least want elements.
func need(op, name string, have, want int) {
	if have < want {
		fail(op, "%s has %d elements, needs %d", name, have, want)
	}
}

// same panics unless the slice called name holds exactly want elements.
func same(op, name string, have, want int) {
	if have != want {
		fail(op, "%s has %d elements, needs exactly %d", name, have, want)
	}
}

func notNegative(op, name string, v int) {
	if v < 0 {
		fail(op, "%s is %d, must not be negative", name, v)
	}
}

func positive(op, name string, v int) {
	if v <= 0 {
		fail(op, "%s is %d, must be positive", name, v)
	}
}
