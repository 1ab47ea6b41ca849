package session

import (
	"fmt"
	"go/token"
	"go/types"
	"strings"
	"unicode"
	"unicode/utf8"

	"lyceum/kernel/display"
	"lyceum/kernel/symbols"
)

// Inspect documents the name at the byte offset cursor: signature, documentation, and for a variable its type.
// detail 1 asks for all there is.
func (s *Session) Inspect(code string, cursor, detail int) (display.Bundle, bool) {
	cursor = min(max(cursor, 0), len(code))
	end := cursor
	for end < len(code) {
		r, n := utf8.DecodeRuneInString(code[end:])
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		end += n
	}
	expr := operand(code[:end])
	if expr == "" && end > 0 && code[end-1] == '(' { // just inside a call: the function is meant
		end--
		expr = operand(code[:end])
	}
	if expr == "" {
		return display.Bundle{}, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	head, doc := s.describe(expr, code, end)
	if head == "" {
		return display.Bundle{}, false
	}
	plain := head
	if doc != "" {
		plain += "\n\n" + strings.TrimSpace(strings.NewReplacer("```go\n", "", "\n```", "").Replace(doc))
	}
	return display.Bundle{Data: map[string]any{"text/plain": plain,
		"text/markdown": "```go\n" + head + "\n```\n\n" + strings.TrimSpace(doc)}, Metadata: map[string]any{}}, true
}

// describe returns the declaration of what an expression names, which ends at the offset end, and its documentation.
func (s *Session) describe(expr, code string, end int) (head, doc string) {
	base, name := "", expr
	if i := strings.LastIndexByte(expr, '.'); i > 0 {
		base, name = expr[:i], expr[i+1:]
	}
	if !token.IsIdentifier(name) {
		return "", ""
	}
	at := s.cursorAt(code, end-len(name), end)
	if base == "" {
		if o := at.local(name); o != nil {
			return s.describeObject(o), ""
		}
		return s.describeName(name, code)
	}
	if path := s.packageNamed(base, code); path != "" {
		p, err := s.world.importer.Import(path)
		if err != nil {
			return "", ""
		}
		o := p.Scope().Lookup(name)
		if o == nil || !o.Exported() {
			return "", ""
		}
		return types.ObjectString(o, packageName), docOf(o, "")
	}
	t := at.operandType()
	if t == nil {
		if t, _ = s.typeOf(base, code); t == nil {
			return "", ""
		}
	}
	o, _, _ := types.LookupFieldOrMethod(t, true, types.NewPackage("main", "main"), name)
	if o == nil {
		return "", ""
	}
	return types.ObjectString(o, packageName), docOf(o, ownerName(o, t))
}

// ownerName is the name of the type that declares a field or method.
func ownerName(o types.Object, t types.Type) string {
	if f, ok := o.(*types.Func); ok {
		if r := f.Signature().Recv(); r != nil {
			t = r.Type()
		}
	}
	if n, ok := types.Unalias(deref(t)).(*types.Named); ok {
		return n.Obj().Name()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Obj().Name()
	}
	return ""
}

func (s *Session) describeName(name, code string) (head, doc string) {
	if pkg := s.lenient(code); pkg != nil {
		if o := pkg.Scope().Lookup(name); o != nil {
			return s.describeObject(o), s.sourceOf(name)
		}
	}
	if e := s.world.entities[name]; e != nil {
		return s.describeObject(e.obj), s.sourceOf(name)
	}
	if path := s.packageNamed(name, code); path != "" {
		return fmt.Sprintf("package %s // import %q", name, path), symbols.Doc(path, "")
	}
	if o := types.Universe.Lookup(name); o != nil {
		return types.ObjectString(o, packageName), symbols.Doc("builtin", name)
	}
	if token.IsKeyword(name) {
		return "keyword " + name, ""
	}
	return "", ""
}

func (s *Session) describeObject(o types.Object) string { return types.ObjectString(o, packageName) }

// sourceOf is the comment and, as code, the text of a function or type that a cell declared.
func (s *Session) sourceOf(name string) string {
	if e := s.world.entities[name]; e != nil && e.src.text != "" {
		return strings.TrimSpace(e.src.doc + "\n\n```go\n" + e.src.text + "\n```")
	}
	return ""
}
