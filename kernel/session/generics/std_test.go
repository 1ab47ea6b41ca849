package generics

import (
	"go/token"
	"go/types"
	"strings"
	"testing"

	"lyceum/kernel/symbols"
)

type importer struct {
	fset *token.FileSet
	done map[string]*types.Package
}

func (im *importer) Import(path string) (*types.Package, error) {
	return symbols.Import(im.fset, im.done, path)
}

// TestEveryGenericFunctionOfTheStandardLibrary checks that our sources have each exported generic function and type
// of the standard library, with its type parameters, their constraints, and its signature.
func TestEveryGenericFunctionOfTheStandardLibrary(t *testing.T) {
	im := &importer{token.NewFileSet(), map[string]*types.Package{}}
	s := New(token.NewFileSet(), im, "cell")
	n := 0
	for _, path := range symbols.Paths() {
		if strings.HasPrefix(path, "lyceum/") {
			continue
		}
		p, err := im.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range p.Scope().Names() {
			obj := p.Scope().Lookup(name)
			if !obj.Exported() || !isGeneric(obj) {
				continue
			}
			n++
			if path == "iter" && (name == "Seq" || name == "Seq2") {
				continue // types without methods need no source
			}
			own := s.load(path)
			if own == nil || own.Scope().Lookup(name) == nil {
				t.Errorf("%s.%s has no source in std", path, name)
				continue
			}
			if got, want := describe(own.Scope().Lookup(name), path), describe(obj, path); got != want {
				t.Errorf("%s.%s\n got %s\nwant %s", path, name, got, want)
			}
		}
	}
	if n < 70 {
		t.Errorf("only %d generic functions and types found", n)
	}
}

func isGeneric(obj types.Object) bool {
	switch obj := obj.(type) {
	case *types.Func:
		return obj.Signature().TypeParams().Len() > 0
	case *types.TypeName:
		t, ok := obj.Type().(*types.Named)
		return ok && t.TypeParams().Len() > 0
	}
	return false
}

// describe writes a function's signature, or a type's parameters and the methods of a pointer to it, with the
// type parameters numbered.
func describe(obj types.Object, path string) string {
	rename := map[string]string{}
	number := func(l *types.TypeParamList) (out string) {
		for i := range l.Len() {
			rename[l.At(i).Obj().Name()] = "$" + string(rune('a'+i))
		}
		for i := range l.Len() {
			out += " " + types.TypeString(l.At(i).Constraint(), types.RelativeTo(obj.Pkg()))
		}
		return out
	}
	text := ""
	switch obj := obj.(type) {
	case *types.Func:
		text = number(obj.Signature().TypeParams()) + " | " + parameters(obj.Signature(), obj.Pkg())
	case *types.TypeName:
		n := obj.Type().(*types.Named)
		text = number(n.TypeParams()) + " |"
		ms := types.NewMethodSet(types.NewPointer(n))
		for m := range ms.Methods() {
			if m.Obj().Exported() {
				text += " " + m.Obj().Name() + parameters(m.Type().(*types.Signature), obj.Pkg())
			}
		}
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("[](){}, *|~", r) })
	for _, w := range words {
		if r, ok := rename[w]; ok {
			text = replaceWord(text, w, r)
		}
	}
	return strings.ReplaceAll(text, path+".", "")
}

func parameters(s *types.Signature, p *types.Package) string {
	tuple := func(t *types.Tuple) (out []string) {
		for v := range t.Variables() {
			out = append(out, types.TypeString(v.Type(), types.RelativeTo(p)))
		}
		return out
	}
	return "(" + strings.Join(tuple(s.Params()), ", ") + ") (" + strings.Join(tuple(s.Results()), ", ") + ")"
}

func replaceWord(text, word, by string) string {
	var b strings.Builder
	isLetter := func(i int) bool {
		return i >= 0 && i < len(text) && (text[i] == '_' || text[i] >= '0' && text[i] <= '9' || text[i] >= 'A' && text[i] <= 'Z' || text[i] >= 'a' && text[i] <= 'z')
	}
	for i := 0; i < len(text); {
		if strings.HasPrefix(text[i:], word) && !isLetter(i-1) && !isLetter(i+len(word)) {
			b.WriteString(by)
			i += len(word)
			continue
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}

func TestSelection(t *testing.T) {
	n := types.NewNamed(types.NewTypeName(0, nil, "T", nil), types.NewStruct(nil, nil), nil)
	f := types.NewVar(0, nil, "f", types.Typ[types.Int])
	s := newSelection(types.MethodExpr, n, f, []int{1, 2}, true)
	if s.Kind() != types.MethodExpr || s.Recv() != types.Type(n) || s.Obj() != types.Object(f) || len(s.Index()) != 2 || !s.Indirect() {
		t.Errorf("newSelection gave %v %v %v %v %v", s.Kind(), s.Recv(), s.Obj(), s.Index(), s.Indirect())
	}
}
