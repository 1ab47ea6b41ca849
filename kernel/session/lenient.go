package session

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"runtime"
	"strings"
)

// operand returns the expression that ends at the end of code: names, selectors, calls, indexes and literals,
// as far back as they belong together.
func operand(code string) string {
	end := len(code)
	i := end
	for i > 0 {
		switch c := code[i-1]; {
		case c == ')' || c == ']' || c == '}':
			j := opening(code[:i])
			if j < 0 {
				return ""
			}
			i = j
			if c == '}' && i > 0 && !isNameByte(code[i-1]) && code[i-1] != ']' {
				return strings.TrimSpace(code[i:end])
			}
		case c == '"' || c == '`' || c == '\'':
			j := strings.LastIndexByte(code[:i-1], c)
			if j < 0 {
				return ""
			}
			return code[j:end]
		case isNameByte(c):
			for i > 0 && isNameByte(code[i-1]) {
				i--
			}
			if i == 0 || code[i-1] != '.' {
				return code[i:end]
			}
		case c == '.':
			i--
		default:
			return code[i:end]
		}
	}
	return code[i:end]
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// opening finds the bracket that belongs to the one at the end of code. Brackets in strings do not count.
func opening(code string) int {
	fset := token.NewFileSet()
	f := fset.AddFile("", -1, len(code))
	var sc scanner.Scanner
	sc.Init(f, []byte(code), func(token.Position, string) {}, 0)
	var stack []int
	last := -1
	for {
		pos, tok, _ := sc.Scan()
		switch tok {
		case token.EOF:
			return last
		case token.LPAREN, token.LBRACK, token.LBRACE:
			stack = append(stack, f.Offset(pos))
		case token.RPAREN, token.RBRACK, token.RBRACE:
			last = -1
			if len(stack) > 0 {
				last = stack[len(stack)-1]
				stack = stack[:len(stack)-1]
			}
		}
	}
}

// mostLenient is how much code is type-checked to complete a name; more would take longer than anybody waits.
const mostLenient = 100_000

// lenient type-checks what can be parsed of an unfinished cell, without an interpreter, and returns its package.
func (s *Session) lenient(code string) *types.Package {
	pkg, _ := s.lenientInfo(code, nil)
	return pkg
}

// lenientInfo also checks the expressions in extra, each as _ = e at the end of the cell, and returns their types.
func (s *Session) lenientInfo(code string, extra []string) (*types.Package, []types.TypeAndValue) {
	if len(code) > mostLenient {
		code = ""
	}
	u := s.draftOf(code)
	if u == nil {
		if u = s.draftOf(""); u == nil {
			return nil, nil
		}
	}
	var exprs []ast.Expr
	for _, e := range extra {
		x, err := parser.ParseExprFrom(u.fset, "", e, 0)
		if err != nil {
			exprs = append(exprs, nil)
			continue
		}
		exprs = append(exprs, x)
		ast.Inspect(x, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				u.file.Unresolved = append(u.file.Unresolved, id)
			}
			return true
		})
		u.body.Body.List = append(u.body.Body.List, &ast.ExprStmt{X: x})
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	pkg := s.checkDraft(u, info)
	if pkg == nil {
		return nil, nil
	}
	out := make([]types.TypeAndValue, len(exprs))
	for i, x := range exprs {
		if x != nil {
			out[i] = info.Types[x]
			if id, ok := x.(*ast.Ident); ok && out[i].Type == nil && info.Uses[id] != nil {
				out[i].Type = info.Uses[id].Type()
			}
		}
	}
	return pkg, out
}

// A draft is what can be parsed of a cell that is being typed.
type draft struct {
	*cell
	fset *token.FileSet
}

// draftOf parses the statements of code that are whole; nil if they do not parse together.
func (s *Session) draftOf(code string) *draft {
	chunks, err := split(code)
	if err != nil {
		chunks = nil
	}
	var good []chunk
	for _, ch := range chunks {
		ch.file = "completion"
		if parses(ch) {
			good = append(good, ch)
		}
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "cell", source(good), parser.AllErrors)
	if err != nil {
		return nil
	}
	c := &cell{name: "completion", file: f, imports: map[string]string{}, chunks: good}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == cellFunc {
			c.body = fn
		}
	}
	c.hoist(func(p token.Pos) token.Position { return fset.Position(p) }, func(n string) bool { return s.world.entities[n] != nil })
	return &draft{c, fset}
}

// checkDraft type-checks what was parsed, whatever its errors; nil if that is not possible.
func (s *Session) checkDraft(u *draft, info *types.Info) *types.Package {
	s.addImports(u.cell)
	s.world.lateMethods(u.cell)
	s.world.genericReceivers(u.file)
	pkg := types.NewPackage("main", "main")
	mine := declared(u.file)
	for name, e := range s.world.entities {
		if e.method == "" && !mine[name] && u.imports[name] == "" {
			pkg.Scope().Insert(e.obj)
		}
	}
	conf := types.Config{Importer: s.world.importer, Sizes: types.SizesFor("gc", runtime.GOARCH), Error: func(error) {}}
	if !checks(types.NewChecker(&conf, u.fset, pkg, info), u.file) {
		return nil
	}
	return pkg
}

// checks runs the checker. Half-typed code can bring go/types down; then there is nothing to offer, and no harm done.
func checks(c *types.Checker, f *ast.File) (ok bool) {
	defer func() { ok = recover() == nil }()
	c.Files([]*ast.File{f})
	return
}

// parses reports whether a chunk alone is good Go.
func parses(ch chunk) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", source([]chunk{ch}), parser.SkipObjectResolution)
	return err == nil
}

// typeOf finds the type of an expression at the end of unfinished code, and whether the expression is a type.
func (s *Session) typeOf(expr, code string) (types.Type, bool) {
	if strings.TrimSpace(expr) == "" {
		return nil, false
	}
	_, tvs := s.lenientInfo(code, []string{expr})
	if len(tvs) == 0 || tvs[0].Type == nil || tvs[0].Type == types.Typ[types.Invalid] {
		return nil, false
	}
	t := tvs[0].Type
	if tup, ok := t.(*types.Tuple); ok && tup.Len() > 0 {
		t = tup.At(0).Type()
	}
	return t, tvs[0].IsType()
}
