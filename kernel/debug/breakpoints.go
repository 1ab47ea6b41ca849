package debug

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"sort"

	"lyceum/kernel/session"
	"lyceum/kernel/session/rt"
)

// dumpCell makes the text of a cell known under its path.
func (a *Adapter) dumpCell(x arguments) (map[string]any, error) {
	if !x.given["code"] {
		return nil, errors.New("dumpCell: code is missing")
	}
	path := pathOf(x.Code)
	a.mu.Lock()
	a.cells[path] = x.Code
	a.mu.Unlock()
	return map[string]any{"sourcePath": path}, nil
}

// source returns the text of a cell.
func (a *Adapter) source(x arguments) (map[string]any, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	code, ok := a.cells[x.Source.Path]
	if !ok {
		return nil, fmt.Errorf("source: no cell has the path %q", x.Source.Path)
	}
	return map[string]any{"content": code, "mimeType": "text/x-go"}, nil
}

// setBreakpoints replaces the breakpoints of a cell. One on a line without a statement moves to the next that has one.
func (a *Adapter) setBreakpoints(x arguments) (map[string]any, error) {
	if x.Source.Path == "" {
		return nil, errors.New("setBreakpoints: source.path is missing")
	}
	lines := x.Lines
	if x.given["breakpoints"] {
		lines = nil
		for _, b := range x.Breakpoints {
			lines = append(lines, b.Line)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	have := statementLines(a.cells[x.Source.Path])
	list := []map[string]any{}
	for i, l := range lines {
		if at := sort.SearchInts(have, l); at < len(have) {
			l = have[at]
		}
		list = append(list, map[string]any{"id": i + 1, "verified": true, "line": l, "source": map[string]any{"path": x.Source.Path}})
	}
	a.breaks[x.Source.Path] = list
	if a.started {
		rt.Trace.SetBreaks(x.Source.Path, linesOf(list))
	}
	return map[string]any{"breakpoints": list}, nil
}

func linesOf(list []map[string]any) []int {
	var out []int
	for _, b := range list {
		out = append(out, b["line"].(int))
	}
	return out
}

// statementLines returns the lines of a cell on which a statement begins, in order.
func statementLines(code string) []int {
	if code == "" {
		return nil
	}
	src := session.Outline(code)
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "cell", src, parser.SkipObjectResolution)
	if f == nil || err != nil {
		return nil
	}
	seen := map[int]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt, *ast.EmptyStmt, *ast.CaseClause, *ast.CommClause:
		case ast.Stmt:
			seen[fset.Position(n.Pos()).Line] = true
		}
		return true
	})
	var out []int
	for l := range seen {
		out = append(out, l)
	}
	sort.Ints(out)
	return out
}
