package generics

import (
	"go/types"
	"strings"
)

// typ replaces type parameters, and types declared inside the function, in t.
// A type without any is returned as it is.
func (c *copier) typ(t types.Type) types.Type {
	switch t := t.(type) {
	case nil, *types.Basic:
		return t
	case *types.Alias:
		if u := c.typ(types.Unalias(t)); u != types.Unalias(t) {
			return u
		}
	case *types.TypeParam:
		if a, ok := c.args[t]; ok {
			return a
		}
	case *types.Pointer:
		if e := c.typ(t.Elem()); e != t.Elem() {
			return types.NewPointer(e)
		}
	case *types.Slice:
		if e := c.typ(t.Elem()); e != t.Elem() {
			return types.NewSlice(e)
		}
	case *types.Array:
		if e := c.typ(t.Elem()); e != t.Elem() {
			return types.NewArray(e, t.Len())
		}
	case *types.Chan:
		if e := c.typ(t.Elem()); e != t.Elem() {
			return types.NewChan(t.Dir(), e)
		}
	case *types.Map:
		if k, e := c.typ(t.Key()), c.typ(t.Elem()); k != t.Key() || e != t.Elem() {
			return types.NewMap(k, e)
		}
	case *types.Tuple:
		if vars, changed := c.vars(t); changed {
			return types.NewTuple(vars...)
		}
	case *types.Signature:
		ps, pc := c.vars(t.Params())
		rs, rc := c.vars(t.Results())
		if (pc || rc) && t.TypeParams().Len() == 0 {
			return types.NewSignatureType(nil, nil, nil, types.NewTuple(ps...), types.NewTuple(rs...), t.Variadic())
		}
	case *types.Struct:
		return c.structType(t)
	case *types.Interface:
		return c.interfaceType(t)
	case *types.Named:
		return c.namedType(t)
	}
	return t
}

func (c *copier) vars(t *types.Tuple) (out []*types.Var, changed bool) {
	for v := range t.Variables() {
		n := c.typ(v.Type())
		if n != v.Type() {
			changed = true
			v = types.NewParam(v.Pos(), v.Pkg(), v.Name(), n)
		}
		out = append(out, v)
	}
	return out, changed
}

func (c *copier) structType(t *types.Struct) types.Type {
	changed := false
	var fields []*types.Var
	var tags []string
	for i := range t.NumFields() {
		f := t.Field(i)
		n := c.typ(f.Type())
		if n != f.Type() {
			changed = true
			f = types.NewField(f.Pos(), f.Pkg(), f.Name(), n, f.Embedded())
		}
		fields, tags = append(fields, f), append(tags, t.Tag(i))
	}
	if !changed {
		return t
	}
	return types.NewStruct(fields, tags)
}

func (c *copier) interfaceType(t *types.Interface) types.Type {
	changed := false
	var methods []*types.Func
	for m := range t.ExplicitMethods() {
		if n := c.typ(m.Type()); n != m.Type() {
			changed = true
			m = types.NewFunc(m.Pos(), m.Pkg(), m.Name(), n.(*types.Signature))
		}
		methods = append(methods, m)
	}
	var embedded []types.Type
	for e := range t.EmbeddedTypes() {
		n := c.typ(e)
		changed = changed || n != e
		embedded = append(embedded, n)
	}
	if !changed {
		return t
	}
	return types.NewInterfaceType(methods, embedded).Complete()
}

func (c *copier) namedType(t *types.Named) types.Type {
	if c.local[t.Obj()] && t.TypeArgs().Len() == 0 {
		return c.object(t.Obj()).Type()
	}
	changed := false
	args := make([]types.Type, t.TypeArgs().Len())
	for i := range args {
		args[i] = c.typ(t.TypeArgs().At(i))
		changed = changed || args[i] != t.TypeArgs().At(i)
	}
	if c.local[t.Obj()] {
		return c.localInstance(t, args)
	}
	if !changed {
		return t
	}
	inst, err := types.Instantiate(c.ctx, t.Origin(), args, false)
	if err != nil {
		c.fail(c.src.decl.Pos(), "%v", err)
	}
	return inst
}

// localInstance copies an instance of a generic type that is declared inside
// the function. Such a type has no methods.
func (c *copier) localInstance(t *types.Named, args []types.Type) types.Type {
	for _, i := range c.instances[t.Obj()] {
		if identical(i.targs, args) {
			return i.typ
		}
	}
	shown := make([]string, len(args))
	for i, a := range args {
		shown[i] = types.TypeString(a, (*types.Package).Path)
	}
	tn := types.NewTypeName(t.Obj().Pos(), t.Obj().Pkg(), t.Obj().Name()+"["+strings.Join(shown, ",")+"]", nil)
	n := types.NewNamed(tn, nil, nil)
	c.instances[t.Obj()] = append(c.instances[t.Obj()], localInstance{args, n})
	n.SetUnderlying(c.typ(t.Underlying()))
	return n
}

// localInstance is a copy made by copier.localInstance.
type localInstance struct {
	targs []types.Type
	typ   *types.Named
}
