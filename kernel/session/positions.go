package session

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
)

// fileBase is the last element of every file name that the interpreter sees: it keeps imports under the base
// name of the file, so that a name of its own for every cell would hide the imports of the others. The cell's
// name stands before it as a folder.
const fileBase = "cell"

// position returns where a node stands, in the learner's terms: In[3], line, column.
func (s *Session) position(p token.Pos) token.Position { return inCell(s.engine.fset().Position(p)) }

func inCell(p token.Position) token.Position {
	if filepath.Base(p.Filename) == fileBase {
		p.Filename = filepath.Dir(p.Filename)
	}
	return p
}

// optional are the positions that say whether something is there; the others only say where it is.
var optional = map[string]bool{"Ellipsis": true, "Assign": true, "Arrow": true, "Lparen GenDecl": true, "Rparen GenDecl": true, "Opening": true, "Closing": true}

// place gives the nodes that lowering made a position: that of what they stand in.
func place(n ast.Node, at token.Pos) {
	stack := []token.Pos{at}
	ast.Inspect(n, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return false
		}
		here := stack[len(stack)-1]
		if p := posOf(n); p.IsValid() {
			here = p
		}
		v := reflect.ValueOf(n).Elem()
		for i := range v.NumField() {
			f := v.Field(i)
			name := v.Type().Field(i).Name
			if f.Type() == posType && f.Int() == 0 && !optional[name] && !optional[name+" "+v.Type().Name()] {
				f.SetInt(int64(here))
			}
		}
		stack = append(stack, here)
		return true
	})
}

var posType = reflect.TypeFor[token.Pos]()

// posOf is n.Pos() for nodes that may be incomplete.
func posOf(n ast.Node) (p token.Pos) {
	defer func() {
		if recover() != nil {
			p = token.NoPos
		}
	}()
	return n.Pos()
}

// plainMessage takes the folder trick out of a message that has positions in it.
func plainMessage(s string) string {
	s = strings.ReplaceAll(s, " (declared at -)", "") // in a compiled package, whose data have no positions
	return strings.ReplaceAll(s, "/"+fileBase+":", ":")
}
