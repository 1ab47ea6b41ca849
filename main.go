// Lyceum is a Jupyter kernel for Go with a post-training library already loaded.
//
// This file only finds the subcommand; each subcommand is in a file of its own beside it.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
)

// A command is one word after "lyceum". Run gets the arguments after that word and returns the exit
// status: 0, 1 when the work failed, 2 when the arguments cannot be used.
type command struct {
	name  string
	short string
	run   func(args []string) int
}

// commands returns the table in the order in which help prints it.
func commands() []command {
	return []command{labCommand, runCommand, installCommand, uninstallCommand, listCommand, doctorCommand, getCommand, convertCommand, chatCommand, generateCommand, tokenizeCommand, benchCommand, trainCommand, kernelCommand}
}

func main() {
	args := os.Args[1:] // cells get others
	os.Exit(delivered(args, dispatch(args)))
}

func dispatch(args []string) int {
	if len(args) == 0 {
		usage(os.Stderr)
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return help(args[1:])
	case "version", "-version", "--version":
		fmt.Fprintf(stdout, "lyceum %s, %s, %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return 0
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(args[1:])
		}
	}
	fmt.Fprintln(os.Stderr, noCommand(args[0]))
	return 2
}

// help lists the commands, or says more about the one that is named.
func help(about []string) int {
	if len(about) == 0 {
		usage(stdout)
		return 0
	}
	for _, c := range commands() {
		if c.name == about[0] {
			return c.run([]string{"--help"})
		}
	}
	fmt.Fprintln(os.Stderr, noCommand(about[0]))
	return 2
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "Lyceum: Go notebooks with a post-training library already loaded.\n\nusage: lyceum COMMAND [ARGUMENT ...]    (from a clone: go run . COMMAND ...)\n\ncommands:")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.short)
	}
	fmt.Fprintln(w, "\n'lyceum help COMMAND' says more.")
}
