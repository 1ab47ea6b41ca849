package session

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"lyceum/kernel/symbols"
)

// A Completion lists what may stand instead of the bytes Start to End of the code.
type Completion struct {
	Start, End int
	Matches    []Match
}

// A Match is one candidate.
type Match struct {
	Text      string
	Type      string // "function", "variable", "constant", "type", "package", "field", "method", "keyword"
	Signature string
	Start     int
	End       int
}

// mostMatches bounds a completion; a front end shows far fewer.
const mostMatches = 500

// Complete completes the identifier that ends at the byte offset cursor.
func (s *Session) Complete(code string, cursor int) Completion {
	cursor = min(max(cursor, 0), len(code))
	start := cursor
	for start > 0 {
		r, n := utf8.DecodeLastRuneInString(code[:start])
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		start -= n
	}
	c := Completion{Start: start, End: cursor}
	if inText(code[:start]) {
		return c
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if start > 0 && code[start-1] == '.' {
		c.Matches = s.members(code, start, cursor)
	} else {
		c.Matches = s.names(code, start, cursor)
	}
	if len(c.Matches) > mostMatches {
		c.Matches = c.Matches[:mostMatches]
	}
	for i := range c.Matches {
		c.Matches[i].Start, c.Matches[i].End = c.Start, c.End
	}
	return c
}

// inText reports whether code ends inside a comment or a string.
func inText(code string) bool {
	fset := token.NewFileSet()
	f := fset.AddFile("", -1, len(code))
	var sc scanner.Scanner
	open := false
	sc.Init(f, []byte(code), func(_ token.Position, msg string) {
		open = open || strings.Contains(msg, "not terminated")
	}, scanner.ScanComments)
	for {
		pos, tok, lit := sc.Scan()
		if tok == token.EOF {
			return open
		}
		if tok == token.COMMENT && strings.HasPrefix(lit, "//") && f.Offset(pos)+len(lit) == len(code) {
			return true
		}
	}
}

// members completes the name from start to end, which follows a dot.
func (s *Session) members(code string, start, end int) []Match {
	prefix := code[start:end]
	expr := operand(code[:start-1])
	if expr == "" {
		return nil
	}
	at := s.cursorAt(code, start, end)
	if t := at.operandType(); t != nil {
		return memberMatches(t, at.operand.IsType(), prefix)
	}
	if path := s.packageNamed(expr, code); path != "" {
		return s.packageMembers(path, prefix)
	}
	t, isType := s.typeOf(expr, code)
	if t == nil {
		return nil
	}
	return memberMatches(t, isType, prefix)
}

// packageNamed returns the path of the package that a name stands for in the code.
func (s *Session) packageNamed(name, code string) string {
	if !token.IsIdentifier(name) || s.world.entities[name] != nil && !strings.Contains(code, `"`) {
		return ""
	}
	if p := s.importsIn(code)[name]; p != "" {
		return p
	}
	if s.world.entities[name] != nil {
		return ""
	}
	for _, m := range []map[string]string{s.world.imports, s.world.preload, standardByName()} {
		if p := m[name]; p != "" {
			return p
		}
	}
	return ""
}

// importsIn reads the imports that the code itself spells out.
func (s *Session) importsIn(code string) map[string]string {
	out := map[string]string{}
	chunks, _ := split(code)
	for _, ch := range chunks {
		if ch.kind != token.IMPORT {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+ch.text, parser.ImportsOnly)
		if err != nil {
			continue
		}
		for _, sp := range f.Imports {
			name, path := s.importName(sp)
			out[name] = path
		}
	}
	return out
}

func (s *Session) packageMembers(path, prefix string) []Match {
	p, err := s.world.importer.Import(path)
	if err != nil {
		return nil
	}
	var out []Match
	for _, n := range p.Scope().Names() {
		if o := p.Scope().Lookup(n); o.Exported() && matches(n, prefix) {
			out = append(out, matchOf(o))
		}
	}
	return ranked(out, prefix)
}

// memberMatches lists fields and methods, promoted ones included.
func memberMatches(t types.Type, isType bool, prefix string) []Match {
	seen := map[string]bool{}
	var out []Match
	add := func(o types.Object, kind string) {
		visible := o.Exported() || o.Pkg() != nil && o.Pkg().Path() == "main"
		if visible && !seen[o.Name()] && matches(o.Name(), prefix) {
			seen[o.Name()] = true
			m := matchOf(o)
			m.Type = kind
			out = append(out, m)
		}
	}
	if !isType {
		level := []types.Type{t}
		for depth := 0; depth < 4 && len(level) > 0; depth++ {
			var next []types.Type
			for _, t := range level {
				st, ok := deref(t).Underlying().(*types.Struct)
				if !ok {
					continue
				}
				for i := range st.NumFields() {
					add(st.Field(i), "field")
					if st.Field(i).Embedded() {
						next = append(next, st.Field(i).Type())
					}
				}
			}
			level = next
		}
	}
	mt := t
	if _, isPtr := t.(*types.Pointer); !isPtr && !types.IsInterface(t) {
		mt = types.NewPointer(t) // variables are addressable
	}
	ms := types.NewMethodSet(mt)
	for i := range ms.Len() {
		add(ms.At(i).Obj(), "method")
	}
	return ranked(out, prefix)
}

func deref(t types.Type) types.Type {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// names completes a name that follows no dot: what the cell and the session declare, packages, predeclared
// names, keywords, and the fields of a composite literal that is being written.
func (s *Session) names(code string, start, end int) []Match {
	prefix := code[start:end]
	seen := map[string]bool{}
	var out []Match
	put := func(m Match) {
		if !seen[m.Text] && matches(m.Text, prefix) {
			seen[m.Text] = true
			out = append(out, m)
		}
	}
	for _, m := range s.literalFields(code[:start], prefix) {
		put(m)
	}
	if p := s.cursorAt(code, start, end); p != nil {
		for _, o := range p.locals {
			put(matchOf(o))
		}
	} else {
		for _, n := range localNames(code, start) {
			put(Match{Text: n, Type: "variable"})
		}
	}
	if pkg := s.lenient(code); pkg != nil {
		for _, n := range pkg.Scope().Names() {
			if o := pkg.Scope().Lookup(n); !strings.HasPrefix(n, "_") {
				put(matchOf(o))
			}
		}
	}
	for _, e := range s.world.entities {
		if e.method == "" {
			put(matchOf(e.obj))
		}
	}
	for name := range s.importsIn(code) {
		put(Match{Text: name, Type: "package"})
	}
	for _, m := range []map[string]string{s.world.imports, s.world.preload, standardByName()} {
		for n, p := range m {
			put(Match{Text: n, Type: "package", Signature: p})
		}
	}
	for _, n := range types.Universe.Names() {
		put(matchOf(types.Universe.Lookup(n)))
	}
	for t := token.BREAK; t <= token.VAR; t++ {
		put(Match{Text: t.String(), Type: "keyword"})
	}
	return ranked(out, prefix)
}

// localNames finds identifiers that the code before the cursor defines inside functions and blocks.
func localNames(code string, start int) []string {
	var out []string
	fset := token.NewFileSet()
	f, _ := parser.ParseFile(fset, "", "package p\nfunc _() {\n"+code[:start]+"\n}", parser.SkipObjectResolution)
	if f == nil {
		return nil
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				for _, l := range n.Lhs {
					if id, ok := l.(*ast.Ident); ok {
						out = append(out, id.Name)
					}
				}
			}
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if id, ok := e.(*ast.Ident); ok {
					out = append(out, id.Name)
				}
			}
		case *ast.Field:
			for _, id := range n.Names {
				out = append(out, id.Name)
			}
		}
		return true
	})
	return out
}

// literalFields offers the field names of the struct literal around the cursor.
func (s *Session) literalFields(before, prefix string) []Match {
	depth := 0
	for i := len(before) - 1; i >= 0; i-- {
		switch before[i] {
		case '}', ')', ']':
			depth++
		case '(', '[':
			depth--
		case ':', '\n', ';':
			if depth == 0 && before[i] == ':' {
				return nil // after a key stands a value
			}
		case '{':
			if depth == 0 {
				t, isType := s.typeOf(operand(before[:i]), before)
				if t == nil || !isType {
					return nil
				}
				st, ok := t.Underlying().(*types.Struct)
				if !ok {
					return nil
				}
				var out []Match
				for j := range st.NumFields() {
					if f := st.Field(j); matches(f.Name(), prefix) {
						out = append(out, Match{Text: f.Name(), Type: "field", Signature: types.TypeString(f.Type(), packageName)})
					}
				}
				return out
			}
			depth--
		}
		if depth < 0 {
			return nil
		}
	}
	return nil
}

func matches(name, prefix string) bool {
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) && name != "_"
}

// ranked puts matches that begin exactly with the prefix first, then by name.
func ranked(ms []Match, prefix string) []Match {
	sort.SliceStable(ms, func(i, j int) bool {
		a, b := strings.HasPrefix(ms[i].Text, prefix), strings.HasPrefix(ms[j].Text, prefix)
		if a != b {
			return a
		}
		return ms[i].Text < ms[j].Text
	})
	return ms
}

func matchOf(o types.Object) Match {
	m := Match{Text: o.Name()}
	switch o := o.(type) {
	case *types.Func:
		m.Type, m.Signature = "function", strings.TrimPrefix(types.TypeString(o.Type(), packageName), "func")
	case *types.Builtin:
		m.Type = "function"
	case *types.Const:
		m.Type, m.Signature = "constant", types.TypeString(o.Type(), packageName)
	case *types.TypeName:
		m.Type = "type"
	case *types.Nil:
		m.Type = "constant"
	default:
		m.Type, m.Signature = "variable", types.TypeString(o.Type(), packageName)
	}
	return m
}

// docOf is the documentation of a compiled object.
func docOf(o types.Object, owner string) string {
	if o.Pkg() == nil {
		return ""
	}
	name := o.Name()
	if owner != "" {
		name = owner + "." + name
	}
	return symbols.Doc(o.Pkg().Path(), name)
}
