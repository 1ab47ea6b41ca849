package generics

import (
	"go/ast"
	"go/constant"
	"go/types"
	"reflect"
	"strings"
)

// copier copies one declaration with its types.
type copier struct {
	*run
	src       *source
	args      map[*types.TypeParam]types.Type
	local     map[types.Object]bool               // objects declared inside the declaration
	made      map[types.Object]types.Object       // their copies
	instances map[*types.TypeName][]localInstance // copies of instances of generic types declared inside
	to        *types.Info
	shown     string // the type arguments as %T shows them after a local type
}

func (r *run) copier(src *source, params *types.TypeParamList, targs []types.Type) *copier {
	c := &copier{run: r, src: src, args: map[*types.TypeParam]types.Type{},
		local: map[types.Object]bool{}, made: map[types.Object]types.Object{}, instances: map[*types.TypeName][]localInstance{}}
	var shown []string
	for i, t := range targs {
		c.args[params.At(i)] = t
		shown = append(shown, types.TypeString(t, (*types.Package).Path))
	}
	if len(shown) > 0 {
		c.shown = "[" + strings.Join(shown, ",") + "]"
	}
	ast.Inspect(src.decl, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && src.info.Defs[id] != nil {
			c.local[src.info.Defs[id]] = true
		}
		if obj := src.info.Implicits[n]; n != nil && obj != nil {
			c.local[obj] = true
		}
		return true
	})
	if f := funcOf(src.info, src.decl); f != nil {
		delete(c.local, f)
		if recv := f.Signature().Recv(); recv != nil {
			c.local[recv] = true
		}
	}
	return c
}

// signature is the type of the instance. Its parameters are the objects that
// the copied body refers to.
func (c *copier) signature(s *types.Signature) *types.Signature {
	params := func(t *types.Tuple) *types.Tuple {
		var out []*types.Var
		for v := range t.Variables() {
			c.local[v] = true
			out = append(out, c.object(v).(*types.Var))
		}
		return types.NewTuple(out...)
	}
	var recv *types.Var
	if s.Recv() != nil {
		recv = c.object(s.Recv()).(*types.Var)
	}
	return types.NewSignatureType(recv, nil, nil, params(s.Params()), params(s.Results()), s.Variadic())
}

// decl copies the declaration as that of fn.
func (c *copier) decl(fn *types.Func) *ast.FuncDecl {
	c.to = c.writable()
	old := c.src.decl
	d := *old
	d.Doc = nil
	id := *old.Name
	id.Obj = nil
	d.Name = &id
	c.to.Defs[d.Name] = fn
	d.Type = &ast.FuncType{Func: old.Type.Func, Params: c.node(old.Type.Params).(*ast.FieldList)}
	if old.Type.Results != nil {
		d.Type.Results = c.node(old.Type.Results).(*ast.FieldList)
	}
	d.Body = c.node(old.Body).(*ast.BlockStmt)
	for v := range fn.Signature().Params().Variables() {
		c.needs(v.Type())
	}
	c.needs(fn.Signature().Results())
	return &d
}

func (c *copier) node(n ast.Node) ast.Node { return c.copy(reflect.ValueOf(n)).Interface().(ast.Node) }

// copy copies a tree of syntax. Types are recorded from the leaves up.
func (c *copier) copy(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		return c.copy(v.Elem())
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(c.copy(v.Index(i)))
		}
		return out
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		switch v.Interface().(type) {
		case *ast.Object, *ast.Scope, *ast.CommentGroup:
			return reflect.Zero(v.Type())
		}
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(v.Elem())
		for i := range out.Elem().NumField() {
			f := out.Elem().Field(i)
			switch f.Kind() {
			case reflect.Interface, reflect.Slice, reflect.Pointer:
				f.Set(c.copy(f))
			}
		}
		c.record(v.Interface().(ast.Node), out.Interface().(ast.Node))
		return out
	}
	return v
}

// record gives a copied node the types of the old one, with the type
// parameters replaced.
func (c *copier) record(old, n ast.Node) {
	info := c.src.info
	if obj := info.Implicits[old]; obj != nil {
		c.to.Implicits[n] = c.object(obj)
	}
	if e, ok := old.(ast.Expr); ok {
		if tv, ok := info.Types[e]; ok {
			if _, ok := old.(*ast.FuncLit); ok {
				tv.Type = c.signature(tv.Type.Underlying().(*types.Signature))
			} else {
				tv.Type = c.typ(tv.Type)
			}
			tv.Value = constantAs(tv.Value, tv.Type)
			if call, ok := n.(*ast.CallExpr); ok && tv.Value == nil {
				tv.Value = c.size(call)
			}
			c.needs(tv.Type)
			c.to.Types[n.(ast.Expr)] = tv
		}
	}
	switch n := n.(type) {
	case *ast.Ident:
		c.ident(old.(*ast.Ident), n)
	case *ast.SelectorExpr:
		if s := info.Selections[old.(*ast.SelectorExpr)]; s != nil {
			c.to.Selections[n] = c.selection(s, n)
		}
	case *ast.CompositeLit:
		c.keys(n)
	}
}

func (c *copier) ident(old, n *ast.Ident) {
	info := c.src.info
	if obj, ok := info.Defs[old]; ok {
		if obj != nil {
			obj = c.object(obj)
			c.needs(obj.Type())
		}
		c.to.Defs[n] = obj
	}
	obj := info.Uses[old]
	if obj == nil {
		return
	}
	if f, ok := obj.(*types.Func); ok {
		if inst, ok := info.Instances[old]; ok {
			targs := list(inst.TypeArgs)
			for i := range targs {
				targs[i] = c.typ(targs[i])
			}
			c.to.Uses[n] = c.function(f, targs, n.Pos())
			return
		}
		if c.sources[f] != nil && f.Signature().Recv() == nil { // a helper in our sources of a standard package
			c.to.Uses[n] = c.function(f, nil, n.Pos())
			return
		}
	}
	c.to.Uses[n] = c.object(obj)
}

// object copies an object declared inside the function; others stay.
func (c *copier) object(old types.Object) types.Object {
	if n, ok := c.made[old]; ok {
		return n
	}
	if !c.local[old] {
		return old
	}
	var n types.Object = old
	switch o := old.(type) {
	case *types.Var:
		n = types.NewVar(o.Pos(), o.Pkg(), o.Name(), c.typ(o.Type()))
		if o.IsField() {
			n = types.NewField(o.Pos(), o.Pkg(), o.Name(), c.typ(o.Type()), o.Embedded())
		}
	case *types.Const:
		n = types.NewConst(o.Pos(), o.Pkg(), o.Name(), c.typ(o.Type()), o.Val())
	case *types.TypeName:
		t, ok := o.Type().(*types.Named)
		if !ok || t.TypeParams().Len() > 0 { // a type parameter, an alias or a generic type: uses are replaced by types
			break
		}
		tn := types.NewTypeName(o.Pos(), o.Pkg(), o.Name()+c.shown, nil)
		named := types.NewNamed(tn, nil, nil)
		c.made[old] = tn
		named.SetUnderlying(c.typ(t.Underlying()))
		return tn
	}
	c.made[old] = n
	return n
}

// keys lets the keys of a struct literal refer to the fields of the new type.
func (c *copier) keys(n *ast.CompositeLit) {
	t := c.to.Types[n].Type
	if t == nil {
		return
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for _, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			for f := range s.Fields() {
				if f.Name() == kv.Key.(*ast.Ident).Name {
					c.to.Uses[kv.Key.(*ast.Ident)] = f
				}
			}
		}
	}
}

// constantAs gives a constant the kind that values of a type have: what was
// an integer constant for a type parameter may have become a floating-point one.
func constantAs(v constant.Value, t types.Type) constant.Value {
	if v == nil || t == nil {
		return v
	}
	b, ok := t.Underlying().(*types.Basic)
	if !ok {
		return v
	}
	switch {
	case b.Info()&types.IsInteger != 0:
		return constant.ToInt(v)
	case b.Info()&types.IsFloat != 0:
		return constant.ToFloat(v)
	case b.Info()&types.IsComplex != 0:
		return constant.ToComplex(v)
	}
	return v
}
