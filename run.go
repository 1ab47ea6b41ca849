package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"lyceum/kernel/notebook"
	"lyceum/kernel/server"
	"lyceum/kernel/session"
)

var runCommand = command{"run", "execute a notebook without Jupyter: run NOTEBOOK [-o FILE]", runRun}

const exitInterrupted = 130 // as a shell reports a program that Ctrl-C ended

func runRun(args []string) int {
	fl := flags("run", "NOTEBOOK [-o FILE] [--param NAME=VALUE ...] [--timeout SECONDS] [--allow-errors]",
		"Executes the notebook's cells in order and writes their outputs into the notebook, or to -o FILE. Needs no Jupyter, no Python and no network.\n"+
			"A cell that fails ends the run with exit code 1; the outputs so far are kept. Cells with the tag skip-execution are left out; those with raises-exception may fail.\n"+
			"--param gives a variable another value for this run: one that the cell with the tag parameters declares. The notebook itself must stay as it is, so -o FILE is needed.")
	out := fl.String("o", "", "write the executed notebook to `FILE` and leave NOTEBOOK as it is")
	timeout := fl.Float64("timeout", 0, "the longest that a cell may take, in `SECONDS`; 0 means no limit")
	allow := fl.Bool("allow-errors", false, "go on after a cell that fails, and exit with 0")
	var params []notebook.Param
	fl.Func("param", "`NAME=VALUE`: set a variable of the cell with the tag parameters; may be repeated", func(s string) error {
		p, err := notebook.ParseParam(s)
		params = append(params, p)
		return err
	})
	noTimes := fl.Bool("no-times", false, "do not record in the notebook when each cell ran")
	rest, code, ok := interleaved(fl, args)
	if !ok {
		return code
	}
	switch {
	case len(rest) == 0:
		return misuse("run", errors.New("name the notebook: run NOTEBOOK"))
	case len(rest) > 1:
		return misuse("run", fmt.Errorf("there is no place for the argument %q", rest[1]))
	case !(*timeout >= 0) || *timeout > 1e8:
		return misuse("run", fmt.Errorf("--timeout %v: give a number of seconds, 0 or more", *timeout))
	}
	nb, err := readNotebook(rest[0])
	if err != nil {
		return misuse("run", err)
	}
	if len(params) > 0 {
		if *out == "" {
			return misuse("run", errors.New("--param wants -o FILE: the notebook itself keeps its defaults"))
		}
		if err := nb.Inject(params); err != nil {
			return misuse("run", fmt.Errorf("notebook %s: %v", rest[0], err))
		}
	}
	target := rest[0]
	if *out != "" {
		target = *out
	}
	if *out == "" && notebook.Special(target) {
		return misuse("run", fmt.Errorf("%s is no file that outputs could be written into: -o FILE is needed", target))
	}
	if st, err := os.Stat(filepath.Dir(target)); err != nil || !st.IsDir() {
		return misuse("run", fmt.Errorf("%s: there is no folder %s", target, filepath.Dir(target)))
	}
	if st, err := os.Stat(target); err == nil && st.IsDir() {
		return misuse("run", fmt.Errorf("%s is a folder; -o wants the name of a file", target))
	}
	if err := notebook.CanWrite(target, nb.Bytes()); err != nil {
		return misuse("run", fmt.Errorf("%s cannot be written, and no cell was run: %v; name another file with -o", target, err))
	}
	return execute(nb, rest[0], target, notebook.Options{
		CellTimeout: time.Duration(*timeout * float64(time.Second)), AllowErrors: *allow, Times: !*noTimes})
}

// readNotebook reads a notebook that this kernel can run.
func readNotebook(path string) (*notebook.Notebook, error) {
	data, err := readWhole(path)
	var pe *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no notebook %s", path)
	case errors.As(err, &pe):
		return nil, fmt.Errorf("notebook %s: %v", path, pe.Err)
	case err != nil:
		return nil, err
	}
	nb, err := notebook.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("notebook %s: %v", path, err)
	}
	if l := nb.Language(); l != "" && l != "go" {
		return nil, fmt.Errorf("notebook %s is written in %s (kernel %q), and Lyceum runs Go", path, l, nb.KernelName())
	}
	return nb, nil
}

// largestNotebook bounds what is read: no notebook is so long, and a device such as /dev/zero has no end.
const largestNotebook = 1 << 30

func readWhole(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.Mode()&fs.ModeDevice != 0 {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("is a device")}
	}
	data, err := io.ReadAll(io.LimitReader(f, largestNotebook+1))
	if len(data) > largestNotebook {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("is larger than %d MB", largestNotebook>>20)}
	}
	return data, err
}

// execute runs the notebook, shows progress on stderr and saves to target as it goes. Cells run in the
// notebook's folder, as they do under JupyterLab.
func execute(nb *notebook.Notebook, source, target string, opt notebook.Options) int {
	target, err := filepath.Abs(target)
	if err != nil {
		return misuse("run", err)
	}
	folder, err := filepath.Abs(filepath.Dir(source))
	if err == nil {
		err = os.Chdir(folder)
	}
	if err != nil {
		return misuse("run", fmt.Errorf("the notebook's folder cannot be entered: %v", err))
	}
	s, err := newSession()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lyceum run: the session could not start:", err)
		return 1
	}
	nb.SetLanguageInfo(server.LanguageInfo())
	save := func(nb *notebook.Notebook) error { return notebook.WriteFile(target, nb.Bytes()) }
	once := notebook.Special(target) // a pipe takes the document when it is complete
	if !once {
		opt.Save = save
	}
	p := &progress{begun: time.Now()}
	opt.Begin, opt.End = p.begin, p.end
	opt.Interrupt = interrupts()
	err = notebook.Run(nb, s, opt)
	if once {
		if e := save(nb); e != nil {
			err = e
		}
	}
	return p.finish(err, target)
}

// interrupts delivers the first Ctrl-C. A second one ends the process at once: what was saved after the last cell stays.
func interrupts() <-chan struct{} {
	sig := make(chan os.Signal, 2)
	signal.Notify(sig, os.Interrupt, syscall.SIGTERM)
	stop := make(chan struct{})
	go func() {
		<-sig
		close(stop)
		<-sig
		os.Exit(exitInterrupted)
	}()
	return stop
}

// progress writes "cell n of m" lines to stderr.
type progress struct{ begun time.Time }

func (p *progress) begin(n, of int, c *notebook.Cell) {
	fmt.Fprintf(os.Stderr, "cell %d of %d  %s", n, of, firstLine(c.Source()))
}

func (p *progress) end(n, of int, c *notebook.Cell, took time.Duration, err *session.Error) {
	fmt.Fprintf(os.Stderr, "  %s\n", took.Round(time.Millisecond))
	if err == nil {
		return
	}
	for _, l := range err.Traceback {
		fmt.Fprintln(os.Stderr, strings.TrimRight(plain(l), "\n"))
	}
}

func (p *progress) finish(err error, target string) int {
	took := time.Since(p.begun).Round(10 * time.Millisecond)
	var cell *notebook.CellError
	switch {
	case err == nil:
		fmt.Fprintf(os.Stderr, "done in %s; written to %s\n", took, target)
		return 0
	case errors.Is(err, notebook.ErrInterrupted):
		fmt.Fprintf(os.Stderr, "lyceum run: interrupted after %s; the outputs so far are in %s\n", took, target)
		return exitInterrupted
	case errors.As(err, &cell):
		fmt.Fprintf(os.Stderr, "lyceum run: %s; the outputs so far are in %s\n", plain(firstLine(cell.Error())), target)
	default:
		fmt.Fprintf(os.Stderr, "lyceum run: the outputs could not be written: %v\n", err)
	}
	return 1
}

// firstLine is what a progress line shows of a cell.
func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	line = strings.TrimRight(line, "\r")
	const most = 200
	if r := []rune(line); len(r) > most {
		line = string(r[:most-1]) + "…"
	}
	return line
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

// plain removes the colours that a traceback has for a front end.
func plain(s string) string { return colours.ReplaceAllString(s, "") }
