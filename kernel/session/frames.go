package session

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// The interpreter says of a frame where its function begins, not where it was. What called the frame inside is in the
// source: a caller was at a call of that function, and often there is one. Where several calls would do, all are named.

// A frame is one line of a traceback: the places where it may have been.
type frame []token.Position

func (f frame) String() string {
	out := fmt.Sprintf("%s:%d:%d", f[0].Filename, f[0].Line, f[0].Column)
	for _, p := range f[1:] {
		out += fmt.Sprintf(" or %d:%d", p.Line, p.Column)
	}
	return out
}

// reader finds functions in the sources of cells.
type reader struct {
	texts map[string]string
	fset  *token.FileSet
	files map[string]*ast.File
	names map[string]bool // declared functions and methods, in all cells that were read
}

// framesOf turns the places of functions into frames, innermost first. known says that the first place is exact already;
// statement is where the statement of the cell begins that ran, and message what the panic says.
func framesOf(places []token.Position, texts map[string]string, cell string, known bool, statement *[2]int, message string) []frame {
	r := &reader{texts: texts, fset: token.NewFileSet(), files: map[string]*ast.File{}, names: map[string]bool{}}
	for _, p := range places {
		r.read(p.Filename)
	}
	out := make([]frame, len(places))
	var inner ast.Node
	for i, p := range places {
		out[i] = frame{p}
		fn := r.enclosing(p)
		var scope ast.Node = fn
		if i == len(places)-1 && statement != nil && p.Filename == cell && named(fn) == cellFunc {
			scope = r.statement(fn, *statement)
		}
		var found []token.Pos
		switch {
		case scope == nil:
		case i > 0 && inner != nil:
			found = r.callsOf(inner, scope)
		case i == 0 && !known:
			found = faults(scope, message)
		}
		if at := r.places(found); len(at) > 0 {
			out[i] = at
		}
		inner = fn
	}
	return out
}

// read parses a cell with the positions that it has.
func (r *reader) read(name string) {
	text, ok := r.texts[name]
	if _, done := r.files[name]; done || !ok {
		return
	}
	chunks, err := split(text)
	if err != nil {
		return
	}
	for i := range chunks {
		chunks[i].file = name
	}
	f, err := parser.ParseFile(r.fset, "cell", source(chunks), parser.SkipObjectResolution)
	if err != nil {
		return
	}
	r.files[name] = f
	for _, d := range f.Decls {
		if d, ok := d.(*ast.FuncDecl); ok {
			r.names[d.Name.Name] = true
		}
	}
}

func (r *reader) position(p token.Pos) token.Position { return inCell(r.fset.Position(p)) }

// places are positions without those of the same line.
func (r *reader) places(found []token.Pos) (out frame) {
	for _, pos := range found {
		p := r.position(pos)
		if !slices.ContainsFunc(out, func(q token.Position) bool { return q.Line == p.Line }) {
			out = append(out, p)
		}
	}
	return out
}

// enclosing is the innermost function whose body holds a place; nil if its cell is not known.
func (r *reader) enclosing(at token.Position) (fn ast.Node) {
	f := r.files[at.Filename]
	if f == nil {
		return nil
	}
	for _, d := range f.Decls {
		ast.Inspect(d, func(n ast.Node) bool {
			if body := bodyOf(n); body != nil && named(n) != cellFunc && r.holds(n, body, at) {
				fn = n
			}
			return true
		})
	}
	if fn == nil { // the statements of the cell
		for _, d := range f.Decls {
			if named(d) == cellFunc {
				return d
			}
		}
	}
	return fn
}

// holds says whether a place lies in a function. A literal begins with its body: where it stands belongs to the function
// around it.
func (r *reader) holds(fn ast.Node, body *ast.BlockStmt, at token.Position) bool {
	from, to := r.position(body.Lbrace), r.position(body.Rbrace)
	if _, declared := fn.(*ast.FuncDecl); declared {
		from = r.position(fn.Pos())
		from.Column--
	}
	return before(from, at) && before(at, to)
}

func before(a, b token.Position) bool {
	return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
}

// statement is the statement of the cell that begins at a line and column.
func (r *reader) statement(cell ast.Node, at [2]int) ast.Node {
	for _, s := range bodyOf(cell).List {
		if p := r.position(s.Pos()); p.Line == at[0] && p.Column == at[1] {
			return s
		}
	}
	return nil
}

func bodyOf(n ast.Node) *ast.BlockStmt {
	switch n := n.(type) {
	case *ast.FuncDecl:
		return n.Body
	case *ast.FuncLit:
		return n.Body
	}
	return nil
}

func named(n ast.Node) string {
	if d, ok := n.(*ast.FuncDecl); ok && d.Recv == nil {
		return d.Name.Name
	}
	return ""
}

// callsOf are the calls in a scope, outside the functions in it, that may have called fn.
func (r *reader) callsOf(fn, scope ast.Node) []token.Pos {
	names := map[string]bool{}
	if d, ok := fn.(*ast.FuncDecl); ok {
		names[d.Name.Name] = true
	}
	var byName, through, unknown []token.Pos
	ast.Inspect(scope, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, e := range n.Rhs {
				if id, ok := n.Lhs[min(i, len(n.Lhs)-1)].(*ast.Ident); ok && e == fn {
					names[id.Name] = true
				}
			}
		case *ast.CallExpr:
			name, at := callee(n)
			holdsFn := func(e ast.Expr) bool { return ast.Unparen(e) == fn }
			switch {
			case names[name]:
				byName = append(byName, at)
			case holdsFn(n.Fun), slices.ContainsFunc(n.Args, holdsFn):
				through = append(through, at)
			case !r.names[name] && !notAFunction[name]:
				unknown = append(unknown, at)
			}
		}
		_, lit := n.(*ast.FuncLit)
		return !lit || n == scope
	})
	for _, found := range [][]token.Pos{byName, through, unknown} {
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// notAFunction are predeclared names that are called but call nothing of the cell.
var notAFunction = map[string]bool{}

func init() {
	for _, n := range strings.Fields("append cap clear close complex copy delete imag len make max min new panic print println real recover " +
		"any bool byte complex128 complex64 error float32 float64 int int16 int32 int64 int8 rune string uint uint16 uint32 uint64 uint8 uintptr") {
		notAFunction[n] = true
	}
}

// callee is the last name of what is called, and where it stands.
func callee(c *ast.CallExpr) (string, token.Pos) {
	f := ast.Unparen(c.Fun)
	switch x := f.(type) {
	case *ast.IndexExpr:
		f = x.X
	case *ast.IndexListExpr:
		f = x.X
	}
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name, f.Pos()
	case *ast.SelectorExpr:
		return f.Sel.Name, f.Sel.Pos()
	}
	return "", c.Pos()
}

// faults are the operations in a function that may have raised a run-time error of which the interpreter knows no place.
func faults(scope ast.Node, message string) (out []token.Pos) {
	divides := strings.Contains(message, "integer divide by zero")
	nilMap := strings.Contains(message, "assignment to entry in nil map")
	note := func(lhs ast.Expr) {
		if x, ok := ast.Unparen(lhs).(*ast.IndexExpr); ok && nilMap {
			out = append(out, x.Pos())
		}
	}
	ast.Inspect(scope, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if _, constant := n.Y.(*ast.BasicLit); divides && !constant && (n.Op == token.QUO || n.Op == token.REM) {
				out = append(out, n.X.Pos())
			}
		case *ast.AssignStmt:
			if divides && (n.Tok == token.QUO_ASSIGN || n.Tok == token.REM_ASSIGN) {
				out = append(out, n.Pos())
			}
			for _, l := range n.Lhs {
				note(l)
			}
		case *ast.IncDecStmt:
			note(n.X)
		}
		_, lit := n.(*ast.FuncLit)
		return !lit || n == scope
	})
	return out
}
