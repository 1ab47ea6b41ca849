package session

import (
	"go/ast"
	"go/scanner"
	"go/token"
	"go/types"
	"strings"
)

// cursorName stands in for the name that is being typed, so that the code around it can be type-checked.
const cursorName = "lyceum__cursor"

// atCursor is where a name is being typed: what go/types knows there.
type atCursor struct {
	operand types.TypeAndValue // of what stands before the dot, if there is one
	locals  []types.Object     // of the functions and blocks around, the innermost first
}

// cursorAt type-checks code with the name between start and end replaced, closing what is still open. nil: the code around
// the name does not parse whatever is added to it.
func (s *Session) cursorAt(code string, start, end int) *atCursor {
	if len(code) > mostLenient {
		return nil
	}
	before := code[:start] + cursorName
	closers := closing(before)
	for _, after := range []string{code[end:], closers, " {}" + closers, ":" + closers, " := 0" + closers} {
		u := s.draftOf(before + after)
		if u == nil {
			continue
		}
		if path := pathTo(u.file); path != nil {
			return s.lookAround(u, path)
		}
	}
	return nil
}

// operandType is the type of what stands before the dot, of a call its first result; nil if it is not known.
func (p *atCursor) operandType() types.Type {
	if p == nil || p.operand.Type == nil || p.operand.Type == types.Typ[types.Invalid] {
		return nil
	}
	if tup, ok := p.operand.Type.(*types.Tuple); ok {
		if tup.Len() == 0 {
			return nil
		}
		return tup.At(0).Type()
	}
	return p.operand.Type
}

// local finds a name of the functions and blocks around.
func (p *atCursor) local(name string) types.Object {
	if p != nil {
		for _, o := range p.locals {
			if o.Name() == name {
				return o
			}
		}
	}
	return nil
}

// closing returns the brackets that close those open at the end of code.
func closing(code string) string {
	fset := token.NewFileSet()
	f := fset.AddFile("", -1, len(code))
	var sc scanner.Scanner
	sc.Init(f, []byte(code), func(token.Position, string) {}, 0)
	var open []string
	for {
		_, tok, _ := sc.Scan()
		switch tok {
		case token.EOF:
			var b strings.Builder
			for i := len(open) - 1; i >= 0; i-- {
				b.WriteString(open[i])
			}
			return b.String()
		case token.LPAREN:
			open = append(open, ")")
		case token.LBRACK:
			open = append(open, "]")
		case token.LBRACE:
			open = append(open, "\n}")
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
}

// pathTo returns the nodes around the cursor's name, the file first and the name last; nil if it is not there.
func pathTo(f *ast.File) []ast.Node {
	var path, found []ast.Node
	ast.Inspect(f, func(n ast.Node) bool {
		if found != nil {
			return false
		}
		if n == nil {
			path = path[:len(path)-1]
			return true
		}
		path = append(path, n)
		if id, ok := n.(*ast.Ident); ok && id.Name == cursorName {
			found = append(found, path...)
		}
		return true
	})
	return found
}

// lookAround checks the cell and collects what is known at the end of the path.
func (s *Session) lookAround(u *draft, path []ast.Node) *atCursor {
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Scopes: map[ast.Node]*types.Scope{}, Uses: map[*ast.Ident]types.Object{}}
	if s.checkDraft(u, info) == nil {
		return nil
	}
	p := &atCursor{}
	name := path[len(path)-1].(*ast.Ident)
	if sel, ok := path[len(path)-2].(*ast.SelectorExpr); ok && sel.Sel == name {
		p.operand = info.Types[sel.X]
	}
	for i := len(path) - 1; i > 0; i-- { // not the file: its names are those of the cell
		n := path[i]
		switch fn := n.(type) {
		case *ast.FuncDecl:
			n = fn.Type
		case *ast.FuncLit:
			n = fn.Type
		}
		scope := info.Scopes[n]
		if scope == nil {
			continue
		}
		for _, v := range scope.Names() {
			if o := scope.Lookup(v); o.Pos() < name.Pos() && v != cursorName {
				p.locals = append(p.locals, o)
			}
		}
	}
	return p
}

// genericReceivers makes functions of the methods whose generic type an earlier cell declares, so that their bodies can be
// looked into: func (b Box[T]) Get() becomes func Get[T any](b Box[T]).
func (w *world) genericReceivers(f *ast.File) {
	mine := declared(f)
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv == nil || len(fn.Recv.List) != 1 {
			continue
		}
		base := receiverBase(fn)
		if base == "" || mine[base] || w.entities[base] == nil {
			continue
		}
		t := *fn.Type
		t.TypeParams = &ast.FieldList{Opening: fn.Recv.Pos(), Closing: fn.Recv.Pos()}
		for _, id := range receiverTypeParams(fn.Recv.List[0].Type) {
			t.TypeParams.List = append(t.TypeParams.List, &ast.Field{Names: []*ast.Ident{id}, Type: &ast.Ident{NamePos: id.Pos(), Name: "any"}})
		}
		if len(t.TypeParams.List) == 0 {
			t.TypeParams = nil
		}
		t.Params = &ast.FieldList{Opening: t.Params.Opening, Closing: t.Params.Closing, List: append([]*ast.Field{fn.Recv.List[0]}, t.Params.List...)}
		fn.Recv, fn.Type = nil, &t
		fn.Name = &ast.Ident{NamePos: fn.Name.NamePos, Name: "_late_" + base + "_" + fn.Name.Name}
	}
}

// receiverTypeParams lists the names in the brackets of a receiver such as *Box[K, V].
func receiverTypeParams(t ast.Expr) []*ast.Ident {
	var list []ast.Expr
	switch x := ast.Unparen(t).(type) {
	case *ast.StarExpr:
		return receiverTypeParams(x.X)
	case *ast.IndexExpr:
		list = []ast.Expr{x.Index}
	case *ast.IndexListExpr:
		list = x.Indices
	}
	var out []*ast.Ident
	for _, e := range list {
		if id, ok := e.(*ast.Ident); ok && id.Name != "_" {
			out = append(out, &ast.Ident{NamePos: id.Pos(), Name: id.Name})
		}
	}
	return out
}
