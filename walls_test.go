package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// pkg is what go list says of a package of this module.
type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports,Deps,Standard", "./...").Output()
	if err != nil {
		var ee *exec.ExitError
		if errors.As(err, &ee) {
			t.Fatalf("go list: %v\n%s", err, ee.Stderr)
		}
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath == "lyceum" || strings.HasPrefix(p.ImportPath, "lyceum/") {
			all = append(all, p)
		}
	}
}

// under reports whether the package path lies in the room.
func under(path, room string) bool {
	return path == "lyceum/"+room || strings.HasPrefix(path, "lyceum/"+room+"/")
}

// wall is a rule: packages of from, directly or by way of others, never import packages of to.
type wall struct{ from, to string }

var walls = []wall{
	{"lib", "kernel"}, {"lib", "install"},
	{"plotting", "kernel"}, {"plotting", "lib"}, {"plotting", "install"},
	{"install", "lib"},
}

// layers are the rooms of lib from below to above: a room never imports one of a later line.
var layers = [][]string{
	{"lib/memory"},
	{"lib/stop", "lib/live", "lib/internal/compute"},
	{"lib/tensor", "lib/blas"},
	{"lib/nn", "lib/lossfn", "lib/optim"},
	{"lib/transformer"},
	{"lib/sampling"},
	{"lib/evaluate", "lib/rl"},
	{"lib/posttrain"},
	{"lib/bench"},
}

// breaches returns how the packages break the rules.
func breaches(all []pkg) []string {
	var out []string
	rule := func(p pkg, room string) {
		for _, d := range p.Deps {
			if under(d, room) {
				out = append(out, p.ImportPath+" imports "+d)
			}
		}
	}
	for _, p := range all {
		for _, w := range walls {
			if under(p.ImportPath, w.from) {
				rule(p, w.to)
			}
		}
		// The symbol tables are where the kernel meets the library; the rest of the kernel gets it only through them, but for
		// how much memory there is: two answers to that would be one too many.
		if under(p.ImportPath, "kernel") && !under(p.ImportPath, "kernel/symbols") {
			for _, d := range p.Imports {
				if under(d, "lib") && !under(d, "lib/memory") {
					out = append(out, p.ImportPath+" imports "+d)
				}
			}
		}
		for i, line := range layers {
			for _, room := range line {
				if !under(p.ImportPath, room) {
					continue
				}
				for _, above := range layers[i+1:] {
					for _, r := range above {
						rule(p, r)
					}
				}
			}
		}
		if under(p.ImportPath, "lib") && !under(p.ImportPath, "lib/evaluate") && !under(p.ImportPath, "lib/posttrain") {
			for _, d := range p.Imports {
				if under(d, "plotting") {
					out = append(out, p.ImportPath+" imports "+d+": only evaluate and posttrain draw")
				}
			}
		}
	}
	return out
}

func TestWallsBetweenRooms(t *testing.T) {
	for _, b := range breaches(packages(t)) {
		t.Error(b)
	}
}

func TestTheWallsTestSeesABreach(t *testing.T) {
	for _, p := range []pkg{
		{ImportPath: "lyceum/lib/tensor", Deps: []string{"lyceum/kernel/display"}},
		{ImportPath: "lyceum/lib/tensor", Deps: []string{"lyceum/lib/nn"}},
		{ImportPath: "lyceum/lib/nn", Imports: []string{"lyceum/plotting"}},
		{ImportPath: "lyceum/plotting", Deps: []string{"lyceum/lib/stop"}},
		{ImportPath: "lyceum/kernel/session", Imports: []string{"lyceum/lib/stop"}},
	} {
		if len(breaches([]pkg{p})) == 0 {
			t.Errorf("%+v passes", p)
		}
	}
	if b := breaches([]pkg{{ImportPath: "lyceum/kernel/symbols/own", Imports: []string{"lyceum/lib/tensor"}}, {ImportPath: "lyceum/lib/nn", Deps: []string{"lyceum/lib/tensor"}}}); len(b) > 0 {
		t.Errorf("what is allowed is refused: %v", b)
	}
}
