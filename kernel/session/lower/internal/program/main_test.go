package program

import (
	"fmt"
	"os"
	"testing"
)

// TestMain runs one program instead of the tests when LOWER_RUN names its
// file, so that a program that kills its process harms no test.
func TestMain(m *testing.M) {
	file := os.Getenv("LOWER_RUN")
	if file == "" {
		os.Exit(m.Run())
	}
	src, err := os.ReadFile(file)
	if err == nil {
		if os.Getenv("LOWER_TRACE") != "" {
			err = Run(file, string(src), os.Stdout, os.Stderr)
		} else {
			err = Run(file, string(src), os.Stdout, nil)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "LOWER:", err)
		os.Exit(3)
	}
}
