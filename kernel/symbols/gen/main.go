// Command gen writes what the kernel embeds about compiled packages: symbol tables for the interpreter,
// export data for the type checker, and documentation.
//
//	go generate ./kernel/symbols          # everything
//	go run ./kernel/symbols/gen -own      # only the packages of this module, after their API has changed
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// own are the packages of this module that cells can use.
var own = []string{
	"lyceum/kernel/comm", "lyceum/kernel/display", "lyceum/kernel/widgets", "lyceum/plotting",
	"lyceum/lib/checkpoint", "lyceum/lib/datasets", "lyceum/lib/evaluate", "lyceum/lib/live", "lyceum/lib/lossfn", "lyceum/lib/nn",
	"lyceum/lib/optim", "lyceum/lib/posttrain", "lyceum/lib/rl", "lyceum/lib/sampling", "lyceum/lib/sampling/constrain", "lyceum/lib/stop", "lyceum/lib/tensor",
	"lyceum/lib/tokenize", "lyceum/lib/transformer", "lyceum/lib/zoo",
}

// science are packages of gonum that cells can use: what notebooks are written with, and the packages whose types
// occur in their API.
var science = []string{
	"gonum.org/v1/gonum/blas", "gonum.org/v1/gonum/blas/blas64", "gonum.org/v1/gonum/blas/cblas128", "gonum.org/v1/gonum/lapack",
	"gonum.org/v1/gonum/diff/fd", "gonum.org/v1/gonum/floats", "gonum.org/v1/gonum/floats/scalar", "gonum.org/v1/gonum/integrate",
	"gonum.org/v1/gonum/interp", "gonum.org/v1/gonum/mat", "gonum.org/v1/gonum/optimize", "gonum.org/v1/gonum/stat",
	"gonum.org/v1/gonum/stat/combin", "gonum.org/v1/gonum/stat/distuv",
	"gonum.org/v1/plot", "gonum.org/v1/plot/font", "gonum.org/v1/plot/palette", "gonum.org/v1/plot/palette/moreland",
	"gonum.org/v1/plot/plotter", "gonum.org/v1/plot/plotutil", "gonum.org/v1/plot/text", "gonum.org/v1/plot/vg",
	"gonum.org/v1/plot/vg/draw", "gonum.org/v1/plot/vg/vgimg",
}

// left are packages of the standard library that no cell can use: they need a special compiler, differ per
// system in ways that a table cannot hold, or are for the toolchain.
var left = map[string]bool{"plugin": true, "runtime/cgo": true, "runtime/race": true, "unsafe": true, "log/syslog": true,
	"testing/cryptotest": true, "runtime/coverage": true, "runtime/secret": true, "simd/archsimd": true, "crypto/internal": true}

func main() {
	onlyOwn := flag.Bool("own", false, "only the packages of this module")
	dir := flag.String("dir", "kernel/symbols", "the folder of package symbols")
	flag.Parse()
	if err := run(*dir, *onlyOwn); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(dir string, onlyOwn bool) error {
	ownPaths, err := existing(own)
	if err != nil {
		return err
	}
	if err := group(dir, "own", ownPaths); err != nil || onlyOwn {
		return err
	}
	if err := group(dir, "gonum", science); err != nil {
		return err
	}
	paths, err := standard()
	if err != nil {
		return err
	}
	return group(dir, "std", paths)
}

// group writes the tables of some packages into a Go package of their own, and their data into an archive.
func group(dir, name string, paths []string) error {
	if err := tables(filepath.Join(dir, name), name, paths); err != nil {
		return err
	}
	return pack(filepath.Join(dir, "data", name), paths)
}

// existing drops packages that are not there.
func existing(paths []string) ([]string, error) {
	out, err := exec.Command("go", append([]string{"list", "-e", "-f", "{{if .GoFiles}}{{.ImportPath}}{{end}}"}, paths...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	return strings.Fields(string(out)), nil
}

// standard lists the importable packages of the standard library.
func standard() ([]string, error) {
	out, err := exec.Command("go", "list", "std").Output()
	if err != nil {
		return nil, fmt.Errorf("go list std: %w", err)
	}
	var paths []string
	for _, p := range strings.Fields(string(out)) {
		if !left[p] && !strings.Contains(p, "internal") && !strings.HasPrefix(p, "vendor/") {
			paths = append(paths, p)
		}
	}
	return paths, nil
}

// each runs f for every path on all processors and returns the first error.
func each(paths []string, f func(path string) error) error {
	var wg sync.WaitGroup
	errs := make(chan error, len(paths))
	sem := make(chan bool, runtime.NumCPU())
	for _, p := range paths {
		wg.Add(1)
		sem <- true
		go func() {
			defer wg.Done()
			defer func() { <-sem }()
			if err := f(p); err != nil {
				errs <- fmt.Errorf("%s: %w", p, err)
			}
		}()
	}
	wg.Wait()
	close(errs)
	return <-errs
}
