package main

import (
	"errors"
	"flag"
)

// interleaved parses flags that may also follow the arguments, as people write them (run NOTEBOOK -o FILE).
// Everything after "--" is an argument. When ok is false the command ends with the code.
func interleaved(fl *flag.FlagSet, args []string) (rest []string, code int, ok bool) {
	usage := fl.Usage
	fl.Usage = func() {}
	defer func() { fl.Usage = usage }()
	for {
		err := fl.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			usage()
			return nil, 0, false
		}
		if err != nil {
			return nil, misuse(fl.Name(), refused(fl, err)), false
		}
		used := len(args) - fl.NArg()
		if used > 0 && args[used-1] == "--" {
			return append(rest, fl.Args()...), 0, true
		}
		if fl.NArg() == 0 {
			return rest, 0, true
		}
		rest = append(rest, fl.Arg(0))
		args = fl.Args()[1:]
	}
}

// parts splits arguments at the first "--": before it our own, after it those for another program.
func parts(args []string) (own, others []string) {
	for i, a := range args {
		if a == "--" {
			return args[:i], args[i+1:]
		}
	}
	return args, nil
}
