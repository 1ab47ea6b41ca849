package notebook

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// The tags are papermill's: the cell with the defaults, and the cell that is put behind it.
const (
	parametersTag = "parameters"
	injectedTag   = "injected-parameters"
)

// A Param is a variable of the notebook and the value that it gets for one run.
type Param struct{ Name, Value string }

// ParseParam reads "name=value". A value that is no number, bool or quoted string in Go is taken as the text of a string.
func ParseParam(s string) (Param, error) {
	name, value, ok := strings.Cut(s, "=")
	if name = strings.TrimSpace(name); !ok || !token.IsIdentifier(name) {
		return Param{}, fmt.Errorf("%q: write a parameter as name=value", s)
	}
	if value = strings.TrimSpace(value); !literal(value) {
		value = strconv.Quote(value)
	}
	return Param{name, value}, nil
}

func literal(s string) bool {
	e, err := parser.ParseExpr(s)
	if err != nil {
		return false
	}
	if u, ok := e.(*ast.UnaryExpr); ok && (u.Op == token.SUB || u.Op == token.ADD) {
		e = u.X
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			return false
		}
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return e.Name == "true" || e.Name == "false"
	}
	return false
}

// Inject puts a cell that assigns the parameters behind the cell with the tag parameters, which declares them with their
// defaults; the cell that an earlier run has put there is replaced. It is an error if the notebook declares no such variable.
func (nb *Notebook) Inject(params []Param) error {
	at := slices.IndexFunc(nb.Cells, func(c *Cell) bool { return c.IsCode() && c.HasTag(parametersTag) })
	if at < 0 {
		return fmt.Errorf("it has no parameters: no code cell has the tag %q", parametersTag)
	}
	known := declared(nb.Cells[at].Source())
	var b strings.Builder
	for _, p := range params {
		if !slices.Contains(known, p.Name) {
			return fmt.Errorf("it has no parameter %s; the cell with the tag %q declares: %s", p.Name, parametersTag, strings.Join(known, ", "))
		}
		fmt.Fprintf(&b, "%s = %s\n", p.Name, p.Value)
	}
	c := &Cell{raw: map[string]any{"cell_type": "code", "execution_count": nil, "outputs": []any{},
		"metadata": map[string]any{"tags": []any{injectedTag}}, "source": lines(strings.TrimSuffix(b.String(), "\n"))}}
	nb.Cells = slices.DeleteFunc(nb.Cells, func(c *Cell) bool { return c.HasTag(injectedTag) })
	at = slices.IndexFunc(nb.Cells, func(c *Cell) bool { return c.IsCode() && c.HasTag(parametersTag) })
	nb.Cells = slices.Insert(nb.Cells, at+1, c)
	all := make([]any, len(nb.Cells))
	for i, c := range nb.Cells {
		all[i] = c.raw
	}
	nb.raw["cells"] = all
	nb.identify()
	return nil
}

// declared lists the variables that the statements of a cell declare at its top level.
func declared(source string) []string {
	f, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc _() {\n"+source+"\n}", parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	var out []string
	for _, s := range f.Decls[0].(*ast.FuncDecl).Body.List {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				for _, x := range s.Lhs {
					out = append(out, x.(*ast.Ident).Name)
				}
			}
		case *ast.DeclStmt:
			for _, spec := range s.Decl.(*ast.GenDecl).Specs {
				if v, ok := spec.(*ast.ValueSpec); ok && s.Decl.(*ast.GenDecl).Tok == token.VAR {
					for _, n := range v.Names {
						out = append(out, n.Name)
					}
				}
			}
		}
	}
	return out
}
