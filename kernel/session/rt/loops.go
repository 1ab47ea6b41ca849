package rt

// runtimeError is a panic value that looks like one of the runtime's.
type runtimeError string

func (e runtimeError) Error() string { return "runtime error: " + string(e) }

// RuntimeError marks the error as one of the runtime's.
func (runtimeError) RuntimeError() {}

// BadIterator panics when an iterator calls the body of a range loop again
// after the body said stop or while it runs (state 1), or after the loop has
// ended (state 2).
func BadIterator(state int) {
	if state == 2 {
		panic(runtimeError("range function continued iteration after whole loop exit"))
	}
	panic(runtimeError("range function continued iteration after function for loop body returned false"))
}
