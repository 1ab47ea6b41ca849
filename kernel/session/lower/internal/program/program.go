// Package program runs whole Go programs the way cells run: parsed, checked by
// go/types, lowered, and interpreted. It is what the tests of lowering use.
package program

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"reflect"
	"sort"
	"strings"
	"sync"

	"github.com/traefik/yaegi/interp"
	"github.com/traefik/yaegi/stdlib"
	"github.com/traefik/yaegi/stdlib/unrestricted"
	"github.com/traefik/yaegi/stdlib/unsafe"

	"lyceum/kernel/display"
	"lyceum/kernel/session/lower"
	"lyceum/kernel/session/rt"
)

var exports = sync.OnceValues(func() (map[string]string, error) {
	out, err := os.ReadFile(os.Getenv("LYCEUM_TEST_EXPORTS"))
	if err == nil {
		return parseExports(out), nil
	}
	out, err = exec.Command("go", "list", "-export", "-f", "{{.ImportPath}} {{.Export}}", "std").Output()
	if err != nil {
		return nil, fmt.Errorf("go list -export std: %v", err)
	}
	return parseExports(out), nil
})

// parseExports reads lines of import path and export data file.
func parseExports(out []byte) map[string]string {
	m := map[string]string{}
	for _, line := range strings.Split(string(out), "\n") {
		if p, f, ok := strings.Cut(line, " "); ok && f != "" {
			m[p] = f
		}
	}
	return m
}

// Importer returns an importer of the standard library's export data.
func Importer(fset *token.FileSet) types.Importer {
	return importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		m, err := exports()
		if err != nil {
			return nil, err
		}
		f, ok := m[path]
		if !ok {
			return nil, fmt.Errorf("no package %s", path)
		}
		return os.Open(f)
	})
}

// Symbol looks a symbol up in yaegi's own tables.
func Symbol(pkg, name string) (reflect.Value, bool) {
	for _, t := range []interp.Exports{stdlib.Symbols, unrestricted.Symbols, unsafe.Symbols} {
		if v, ok := t[pkg+"/"+path.Base(pkg)][name]; ok {
			return v, true
		}
	}
	if strings.HasPrefix(pkg, "math/rand/v2") {
		v, ok := stdlib.Symbols["math/rand/v2/rand"][name]
		return v, ok
	}
	return reflect.Value{}, false
}

// Checked is a program that go/types accepted.
type Checked struct {
	Fset *token.FileSet
	File *ast.File
	Info *types.Info
	Pkg  *types.Package
}

// Check parses and checks a program.
func Check(name, src string) (*Checked, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{},
		Instances: map[*ast.Ident]types.Instance{},
	}
	conf := types.Config{Importer: Importer(fset)}
	pkg, err := conf.Check("main", fset, []*ast.File{f}, info)
	if err != nil {
		return nil, err
	}
	return &Checked{fset, f, info, pkg}, nil
}

// Run runs a program's main. Source of the lowered program goes to trace, if
// that is not nil.
func Run(name, src string, stdout, trace io.Writer) error {
	c, err := Check(name, src)
	if err != nil {
		return err
	}
	world := lower.NewWorld(Symbol)
	in := lower.Input{World: world, Fset: c.Fset, Info: c.Info, Pkg: c.Pkg}
	for _, d := range c.File.Decls {
		if g, ok := d.(*ast.GenDecl); !ok || g.Tok != token.IMPORT {
			in.Decls = append(in.Decls, d)
		}
	}
	main := ast.NewIdent("main")
	c.Info.Uses[main] = c.Pkg.Scope().Lookup("main")
	c.Info.Types[main] = types.TypeAndValue{Type: c.Pkg.Scope().Lookup("main").Type()}
	callMain := &ast.CallExpr{Fun: main}
	in.Stmts = []ast.Stmt{&ast.ExprStmt{X: callMain}}
	out, err := lower.Cell(in)
	if err != nil {
		return err
	}
	if trace != nil {
		fmt.Fprintln(trace, Source(out))
	}
	return Interpret(c.Fset, out, stdout)
}

// Interpret evaluates a lowered program in a new interpreter.
func Interpret(fset *token.FileSet, out lower.Output, stdout io.Writer) error {
	in := interp.New(interp.Options{Stdout: stdout, Stderr: io.Discard, Env: os.Environ(), Unrestricted: true})
	for _, t := range []interp.Exports{stdlib.Symbols, unrestricted.Symbols, unsafe.Symbols, rt.Symbols(), {lower.CellPath + "/cell": out.Symbols}} {
		if err := in.Use(t); err != nil {
			return err
		}
	}
	var err error
	display.Do(streams{stdout}, func() { _, err = in.Eval(Source(out)) })
	return err
}

// streams is the output of a program.
type streams struct{ stdout io.Writer }

// Stream writes to the program's stdout or to that of the process.
func (s streams) Stream(name string, p []byte) {
	if name == "stdout" {
		s.stdout.Write(p)
	} else {
		os.Stderr.Write(p)
	}
}

// Display does nothing.
func (streams) Display(display.Bundle) {}

// Update does nothing.
func (streams) Update(display.Bundle) {}

// Clear does nothing.
func (streams) Clear(bool) {}

// Input has no one to ask.
func (streams) Input(string, bool) (string, error) { return "", io.EOF }

// Source prints a lowered program.
func Source(out lower.Output) string {
	var b bytes.Buffer
	b.WriteString("package main\n\n")
	var names []string
	for n := range out.Imports {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		fmt.Fprintf(&b, "import %s %q\n", n, out.Imports[n])
	}
	print := func(n any) {
		format.Node(&b, token.NewFileSet(), n)
		b.WriteString("\n")
	}
	for _, d := range out.Decls {
		print(d)
	}
	b.WriteString("func main() {\n")
	for _, s := range append(out.Setup, out.Stmts...) {
		print(s)
	}
	b.WriteString("}\n")
	return b.String()
}
