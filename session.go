package main

import (
	"os"

	"lyceum/kernel/display"
	"lyceum/kernel/session"
	"lyceum/lib/live"
	"lyceum/lib/stop"
)

// preloaded are the packages of Lyceum that a cell can use without importing them.
var preloaded = map[string]string{
	"comm":        "lyceum/kernel/comm",
	"display":     "lyceum/kernel/display",
	"widgets":     "lyceum/kernel/widgets",
	"plotting":    "lyceum/plotting",
	"checkpoint":  "lyceum/lib/checkpoint",
	"datasets":    "lyceum/lib/datasets",
	"evaluate":    "lyceum/lib/evaluate",
	"lossfn":      "lyceum/lib/lossfn",
	"nn":          "lyceum/lib/nn",
	"optim":       "lyceum/lib/optim",
	"posttrain":   "lyceum/lib/posttrain",
	"rl":          "lyceum/lib/rl",
	"sampling":    "lyceum/lib/sampling",
	"tensor":      "lyceum/lib/tensor",
	"tokenize":    "lyceum/lib/tokenize",
	"transformer": "lyceum/lib/transformer",
	"zoo":         "lyceum/lib/zoo",
}

// newSession makes a session and connects the library to it: what runs long shows itself in the cell, and an
// interrupt ends it.
func newSession() (*session.Session, error) {
	os.Args = os.Args[:1] // the arguments of this process are not those of the program in the cells (flag.Parse reads them)
	live.Open = func(v any) live.Display { return display.Open(v) }
	return session.New(session.Options{Preload: preloaded, OnInterrupt: stop.Request, OnStart: stop.Reset})
}
