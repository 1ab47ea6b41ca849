package session

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
)

// declSource is the text of one declaration, kept so that it can be compiled again when something that it
// mentions has changed.
type declSource struct {
	chunk  chunk
	file   string
	uses   []string
	method bool
	obj    types.Object
}

// sources finds the text of the cell's functions, methods and types, by name ("T.m" for methods), and the
// package-level names that each mentions.
func (k *checked) sources(position func(token.Pos) token.Position) map[string]declSource {
	out := map[string]declSource{}
	for _, d := range k.file.Decls {
		at := position(d.Pos())
		ch, ok := k.chunkAt(at)
		if !ok {
			continue
		}
		ds := declSource{chunk: ch, file: at.Filename, uses: k.mentioned(d)}
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d == k.body {
				continue
			}
			if d.Recv != nil {
				ds.method, ds.obj = true, k.info.Defs[d.Name]
				out[receiverBase(d)+"."+d.Name.Name] = ds
				continue
			}
			out[d.Name.Name] = ds
		case *ast.GenDecl:
			if d.Tok == token.TYPE {
				for _, sp := range d.Specs {
					out[sp.(*ast.TypeSpec).Name.Name] = ds
				}
			}
		}
	}
	return out
}

// chunkAt finds the chunk that begins at a position.
func (c *cell) chunkAt(p token.Position) (chunk, bool) {
	for _, ch := range c.all {
		if ch.file == p.Filename && ch.line == p.Line && ch.col == p.Column {
			return ch, true
		}
	}
	return chunk{}, false
}

// mentioned lists the package-level objects of the session that a declaration uses.
func (k *checked) mentioned(d ast.Decl) []string {
	seen := map[string]bool{}
	var out []string
	ast.Inspect(d, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if name := k.methodName(sel); name != "" && !seen[name] {
				seen[name] = true
				out = append(out, name)
			}
		}
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		obj := k.info.Uses[id]
		if obj == nil || seen[id.Name] || k.pkg.Scope().Lookup(id.Name) != obj {
			return true
		}
		seen[id.Name] = true
		out = append(out, id.Name)
		return true
	})
	return out
}

// methodName is "T.m" if a selector calls or takes the method m of a type T of the session.
func (k *checked) methodName(sel *ast.SelectorExpr) string {
	s := k.info.Selections[sel]
	if s == nil {
		return ""
	}
	f, ok := s.Obj().(*types.Func)
	if !ok || f.Pkg() == nil || f.Pkg().Path() != "main" || f.Signature().Recv() == nil {
		return ""
	}
	if n, ok := types.Unalias(deref(f.Signature().Recv().Type())).(*types.Named); ok {
		return n.Obj().Name() + "." + f.Name()
	}
	return ""
}

// namesOf parses a declaration by itself and returns the names it declares ("T.m" for a method).
func namesOf(ch chunk) []string {
	f, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+ch.text, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	var out []string
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil && len(d.Recv.List) == 1 {
				out = append(out, receiverBase(d)+"."+d.Name.Name)
			} else {
				out = append(out, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, sp := range d.Specs {
				switch sp := sp.(type) {
				case *ast.TypeSpec:
					out = append(out, sp.Name.Name)
				case *ast.ValueSpec:
					for _, n := range sp.Names {
						out = append(out, n.Name)
					}
				}
			}
		}
	}
	return out
}
