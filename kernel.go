package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"lyceum/kernel/keeper"
	"lyceum/kernel/server"
	"lyceum/kernel/wire"
)

// version is what the kernel says of itself.
const version = "0.1.0"

var kernelCommand = command{"kernel", "run the kernel for a Jupyter client (-f CONNECTION_FILE)", runKernel}

func runKernel(args []string) int {
	fl := flags("kernel", "-f CONNECTION_FILE", "Runs the kernel on the ports that a Jupyter client has chosen. JupyterLab starts it; there is no need to do so by hand.")
	file := fl.String("f", "", "the connection file")
	// Clients append arguments of their own ("jupyter run FILE" the name of the file); other kernels take no offence either.
	if code, ok := parse(fl, args, -1); !ok {
		return code
	}
	if *file == "" {
		return misuse("kernel", errors.New("name the connection file: -f CONNECTION_FILE"))
	}
	data, err := os.ReadFile(*file)
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = fmt.Errorf("connection file %s: %v", *file, pe.Err)
		}
		return misuse("kernel", err)
	}
	conn, err := wire.ParseConnection(*file, data)
	if err != nil {
		return misuse("kernel", err)
	}
	var s *server.Server
	bound := make(chan struct{})
	line, last := keeper.Attach(func() {
		select {
		case <-bound:
			s.Shutdown()
		default:
			os.Exit(1)
		}
	})
	s, err = server.New(conn, server.Options{Implementation: version, HistoryFile: historyFile(), Line: line, Last: last,
		NewSession: func() (server.Session, error) { return newSession() }})
	if err != nil {
		fmt.Fprintf(os.Stderr, "lyceum kernel: connection file %s: %v\n", *file, err)
		return 1
	}
	close(bound)
	roomyHeap()
	go signals(s)
	if line == nil {
		go watchParent(s)
	}
	return s.Run()
}

// signals: an interrupt ends the running cell, a termination the kernel.
func signals(s *server.Server) {
	ch := make(chan os.Signal, 4)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	for sig := range ch {
		if sig == os.Interrupt {
			s.Interrupt()
		} else {
			s.Shutdown()
			return
		}
	}
}

// watchParent ends the kernel when the client that started it is gone (JPY_PARENT_PID; 1 means nobody).
func watchParent(s *server.Server) {
	pid, err := strconv.Atoi(os.Getenv("JPY_PARENT_PID"))
	if err != nil || pid <= 1 {
		return
	}
	first := os.Getppid()
	for range time.Tick(300 * time.Millisecond) {
		if os.Getppid() != first {
			s.Shutdown()
			return
		}
	}
}

// historyFile is where the inputs of earlier sessions are kept.
func historyFile() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "lyceum", "history.jsonl")
}

// flags makes the flag set of a command. Its errors are one line; its help says what the command does.
func flags(name, usage, about string) *flag.FlagSet {
	fl := flag.NewFlagSet(name, flag.ContinueOnError)
	fl.SetOutput(discard{})
	fl.Usage = func() {
		fmt.Fprintf(stdout, "usage: lyceum %s %s\n\n%s\n", name, usage, about)
		fl.SetOutput(stdout)
		n := 0
		fl.VisitAll(func(*flag.Flag) { n++ })
		if n > 0 {
			fmt.Fprintln(stdout, "\nflags:")
			fl.PrintDefaults()
		}
	}
	return fl
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// parse reads the arguments; most is how many may follow the flags, -1 for any number. When ok is false the command ends with the code.
func parse(fl *flag.FlagSet, args []string, most int) (code int, ok bool) {
	usage := fl.Usage
	fl.Usage = func() {}
	err := fl.Parse(args)
	fl.Usage = usage
	switch {
	case errors.Is(err, flag.ErrHelp):
		fl.Usage()
		return 0, false
	case err != nil:
		return misuse(fl.Name(), refused(fl, err)), false
	case most >= 0 && fl.NArg() > most:
		return misuse(fl.Name(), fmt.Errorf("there is no place for the argument %q", fl.Arg(most))), false
	}
	return 0, true
}

// misuse says in one line why the arguments cannot be used.
func misuse(name string, err error) int {
	fmt.Fprintf(os.Stderr, "lyceum %s: %v ('lyceum %s --help' says more)\n", name, err, name)
	return 2
}
