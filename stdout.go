package main

import (
	"fmt"
	"os"
	"strings"
)

// stdout is where commands write what they were asked for. It remembers that something could not be written, so that text
// that went nowhere, as on a full disk, is not a success.
var stdout = &lasting{}

// lasting writes to the standard output and keeps the first error.
type lasting struct{ err error }

func (l *lasting) Write(p []byte) (int, error) {
	n, err := os.Stdout.Write(p)
	if err != nil && l.err == nil {
		l.err = err
	}
	return n, err
}

// delivered turns the exit status of a command into a failure if what it wrote did not arrive.
func delivered(command []string, code int) int {
	if code != 0 || stdout.err == nil {
		return code
	}
	fmt.Fprintln(os.Stderr, strings.Join(append([]string{"lyceum"}, command[:min(1, len(command))]...), " ")+": the output could not be written:", stdout.err)
	return 1
}
