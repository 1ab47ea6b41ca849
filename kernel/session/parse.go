package session

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
)

// cell is one cell on its way from text to code.
type cell struct {
	name   string // In[3]
	src    string
	chunks []chunk // of this cell
	all    []chunk // with declarations of earlier cells that are compiled again
	file   *ast.File
	body   *ast.FuncDecl

	items   []item            // variables and statements in the order in which they run
	imports map[string]string // package name -> path, explicit imports of this cell
	inits   []*ast.FuncDecl   // functions named init, run before the statements
}

// item is one step of the cell: a variable that gets its value, or statements.
type item struct {
	spec  *ast.ValueSpec
	stmts []ast.Stmt
	at    token.Position
	decl  bool // a var declaration, not a definition with :=
}

// parse turns chunks into syntax in which top-level definitions are package-level variables.
func (s *Session) parse(c *cell) error {
	var errs scanner.ErrorList
	f, err := parser.ParseFile(s.engine.fset(), "cell", source(c.all), parser.AllErrors)
	if err != nil {
		if l, ok := err.(scanner.ErrorList); ok {
			errs = l
		} else {
			errs.Add(token.Position{Filename: c.name, Line: 1, Column: 1}, err.Error())
		}
		return c.syntaxErrors(errs)
	}
	c.file = f
	c.imports = map[string]string{}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == cellFunc && fn.Recv == nil {
			c.body = fn
		}
	}
	return nil
}

// problems is a list of compile errors.
type problems []problem

type problem struct {
	pos token.Position
	msg string
}

func (p problems) Error() string { return p[0].String() }

func (p problem) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.pos.Filename, p.pos.Line, p.pos.Column, p.msg)
}
