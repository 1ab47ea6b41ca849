package session

import (
	"strings"
	"testing"
)

// Package log, log.Default and log/slog share one logger in cells, as in Go.
func TestOneLogger(t *testing.T) {
	run(t, step{"import (\"log\"; \"log/slog\"; \"os\")\nlog.SetFlags(0)\nlog.SetPrefix(\"p: \")\nlog.SetOutput(os.Stdout)\nlog.Println(1)\nlog.Default().Println(2)\nslog.Info(\"three\", \"k\", 3)\nlog.Writer() == os.Stdout",
		"> p: 1\n> p: 2\n> p: INFO three k=3\n= true"})
}

// A logger whose Fatal is called ends the cell and not the process, and what it says is shown.
func TestFatalOfALogger(t *testing.T) {
	s := fresh(t)
	for code, want := range map[string]string{
		`log.SetFlags(0); log.Default().Fatal("a", 1)`:                                   "a1\n",
		`log.New(os.Stderr, "own: ", 0).Fatalf("%d!", 2)`:                                "own: 2!\n",
		`type app struct{ *log.Logger }; app{log.New(os.Stderr, "", 0)}.Fatalln("x", 3)`: "x 3\n",
		`log.SetFlags(0); log.Fatalln("y")`:                                              "y\n",
	} {
		o := &sink{}
		r := s.Execute(Request{Code: "import (\"log\"; \"os\")\n" + code, Count: 1, Out: o})
		if r.Err == nil || !strings.Contains(r.Err.Value, "exit status 1") || o.err != want {
			t.Errorf("%s: %v, and %q", code, r.Err, o.err)
		}
	}
}
