package session

import (
	"go/ast"
	"go/token"
	"go/types"
)

// lateMethod is a method declared in another cell than its type. go/types knows no such thing, so it is
// checked as a function whose first parameter is the receiver, and added to the type by hand.
type lateMethod struct {
	decl   *ast.FuncDecl
	recv   *ast.FieldList
	name   *ast.Ident
	typ    *types.Named
	method *types.Func
}

// lateMethods finds the cell's methods of types of earlier cells and makes functions of them.
func (w *world) lateMethods(c *cell) []*lateMethod {
	mine := declared(c.file)
	var out []*lateMethod
	for _, d := range c.file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv == nil || len(fn.Recv.List) != 1 {
			continue
		}
		base := receiverBase(fn)
		e := w.entities[base]
		if base == "" || mine[base] || e == nil {
			continue
		}
		named, ok := e.obj.Type().(*types.Named)
		if _, isType := e.obj.(*types.TypeName); !ok || !isType || named.TypeParams().Len() > 0 {
			continue
		}
		l := &lateMethod{decl: fn, recv: fn.Recv, name: fn.Name, typ: named}
		params := &ast.FieldList{Opening: fn.Type.Params.Opening, Closing: fn.Type.Params.Closing}
		r := *fn.Recv.List[0]
		if len(r.Names) == 0 && named1(fn.Type.Params) {
			r.Names = []*ast.Ident{{NamePos: r.Pos(), Name: "_"}}
		}
		rest := fn.Type.Params.List
		if len(r.Names) > 0 && !named1(fn.Type.Params) { // all parameters have names or none
			rest = nil
			for _, p := range fn.Type.Params.List {
				q := *p
				q.Names = []*ast.Ident{{NamePos: p.Pos(), Name: "_"}}
				rest = append(rest, &q)
			}
		}
		params.List = append([]*ast.Field{&r}, rest...)
		t := *fn.Type
		t.Params = params
		fn.Recv, fn.Type = nil, &t
		fn.Name = &ast.Ident{NamePos: fn.Name.NamePos, Name: "_late_" + base + "_" + fn.Name.Name}
		out = append(out, l)
	}
	return out
}

// named1 reports whether the parameters of a list have names (an empty list counts as both).
func named1(l *ast.FieldList) bool { return len(l.List) == 0 || len(l.List[0].Names) > 0 }

// receiverBase returns the name of a method's type.
func receiverBase(fn *ast.FuncDecl) string {
	t := fn.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// add gives the type its method, with the signature that the first check found.
func (l *lateMethod) add(k *checked) {
	for i := range l.typ.NumMethods() {
		if m := l.typ.Method(i); m.Name() == l.name.Name {
			l.method = m
			return
		}
	}
	f, ok := k.info.Defs[l.decl.Name].(*types.Func)
	if !ok {
		return
	}
	sig := f.Signature()
	if sig.Params().Len() == 0 {
		return
	}
	l.method = types.NewFunc(token.NoPos, l.typ.Obj().Pkg(), l.name.Name, methodSignature(sig))
	l.typ.AddMethod(l.method)
}

// restore turns the function into the method that it was written as.
func (l *lateMethod) restore(k *checked) {
	f, ok := k.info.Defs[l.decl.Name].(*types.Func)
	r := l.decl.Type.Params.List[0]
	t := *l.decl.Type
	p := *t.Params
	p.List = p.List[1:]
	t.Params = &p
	l.decl.Recv = &ast.FieldList{Opening: l.recv.Opening, List: []*ast.Field{r}, Closing: l.recv.Closing}
	l.decl.Type, l.decl.Name = &t, l.name
	// The method that the type has carries the parameters of the first check; the body was checked with those
	// of the second, so the declaration gets a method of its own.
	if ok && l.method != nil {
		k.info.Defs[l.name] = types.NewFunc(l.name.Pos(), l.typ.Obj().Pkg(), l.name.Name, methodSignature(f.Signature()))
	}
}

// methodSignature makes a receiver of the first parameter.
func methodSignature(sig *types.Signature) *types.Signature {
	var params []*types.Var
	for i := 1; i < sig.Params().Len(); i++ {
		params = append(params, sig.Params().At(i))
	}
	return types.NewSignatureType(sig.Params().At(0), nil, nil, types.NewTuple(params...), sig.Results(), sig.Variadic())
}
