package lower

import (
	"go/types"
	"reflect"
	"strconv"
	"strings"
)

// Instances of generic types are named types like others: go/types has put the
// type arguments into their fields and methods. All instances share one
// *types.TypeName, so they are told apart by type identity.

// find returns what was made for a type declared in a cell, or nil.
func (w *World) find(t *types.Named) *namedType {
	if t.TypeArgs().Len() == 0 {
		return w.named[t.Obj()]
	}
	n, _ := w.instances.At(t).(*namedType)
	return n
}

// put remembers what was made for a type.
func (w *World) put(t *types.Named, n *namedType) {
	if t.TypeArgs().Len() == 0 {
		w.named[t.Obj()] = n
	} else {
		w.instances.Set(t, n)
	}
}

// instance finds or makes the run-time type of an instance of a generic type.
// An instance that exists in compiled code, such as iter.Seq[string], is used
// as it is; a generic type of the standard library otherwise stands for the
// one that Canon names.
func (w *World) instance(t *types.Named) (reflect.Type, error) {
	if u, ok := w.unnamed.At(t).(*unnamedType); ok {
		return u.typ, nil
	}
	if pkg := t.Obj().Pkg(); pkg != nil {
		name := strings.TrimPrefix(types.TypeString(t, types.RelativeTo(pkg)), pkg.Path()+".")
		if v, ok := w.symbol(pkg.Path(), name); ok && v.Kind() == reflect.Pointer {
			r := v.Type().Elem()
			w.unnamed.Set(t, &unnamedType{typ: r, sym: w.typeSymbol("C", r)})
			return r, nil
		}
	}
	if w.Canon != nil {
		if c := w.Canon(t); c != nil && c != t {
			r, err := w.namedType(c)
			if n := w.find(c); n != nil {
				w.put(t, n)
			}
			return r, err
		}
	}
	return w.declare(t)
}

// displayName is the name %T shows: the package's name and, for an instance,
// the type arguments with the paths of their packages. Local types have their
// plain name, as in Go.
func displayName(t *types.Named) string {
	pkg := "main"
	if p := t.Obj().Pkg(); p != nil {
		pkg = p.Name()
	}
	return pkg + "." + t.Obj().Name() + argumentNames(t)
}

func argumentNames(t *types.Named) string {
	if t.TypeArgs().Len() == 0 {
		return ""
	}
	var args []string
	for a := range t.TypeArgs().Types() {
		args = append(args, argumentName(a))
	}
	return "[" + strings.Join(args, ",") + "]"
}

// argumentName writes a type argument as the compiler does in the names of
// instances: with the path of the package, and no blanks.
func argumentName(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		if t.Obj().Pkg() == nil {
			return t.Obj().Name()
		}
		return t.Obj().Pkg().Path() + "." + t.Obj().Name() + argumentNames(t)
	case *types.Pointer:
		return "*" + argumentName(t.Elem())
	case *types.Slice:
		return "[]" + argumentName(t.Elem())
	case *types.Array:
		return "[" + strconv.FormatInt(t.Len(), 10) + "]" + argumentName(t.Elem())
	case *types.Map:
		return "map[" + argumentName(t.Key()) + "]" + argumentName(t.Elem())
	case *types.Basic:
		return types.Typ[t.Kind()].Name() // byte and rune have no types of their own
	case *types.Chan:
		return [...]string{types.SendRecv: "chan ", types.SendOnly: "chan<- ", types.RecvOnly: "<-chan "}[t.Dir()] + argumentName(t.Elem())
	case *types.Signature:
		return "func" + signatureName(t)
	case *types.Struct:
		var fields []string
		for i := range t.NumFields() {
			f := " " + argumentName(t.Field(i).Type())
			if !t.Field(i).Embedded() {
				f = " " + memberName(t.Field(i)) + f
			}
			if tag := t.Tag(i); tag != "" {
				f += " " + strconv.Quote(tag)
			}
			fields = append(fields, f)
		}
		return inBraces("struct", fields)
	case *types.Interface:
		var methods []string
		for m := range t.Methods() {
			methods = append(methods, " "+memberName(m)+signatureName(m.Signature()))
		}
		return inBraces("interface", methods)
	}
	return types.TypeString(t, (*types.Package).Path)
}

// memberName has the package of what is not exported.
func memberName(o types.Object) string {
	if o.Exported() {
		return o.Name()
	}
	return o.Pkg().Path() + "." + o.Name()
}

func inBraces(keyword string, members []string) string {
	if len(members) == 0 {
		return keyword + " {}"
	}
	return keyword + " {" + strings.Join(members, ";") + " }"
}

func signatureName(s *types.Signature) string {
	tuple := func(t *types.Tuple) string {
		var names []string
		for v := range t.Variables() {
			names = append(names, argumentName(v.Type()))
		}
		if n := len(names); s.Variadic() && t == s.Params() {
			names[n-1] = "..." + strings.TrimPrefix(names[n-1], "[]")
		}
		return strings.Join(names, ", ")
	}
	out := "(" + tuple(s.Params()) + ")"
	switch s.Results().Len() {
	case 0:
	case 1:
		out += " " + tuple(s.Results())
	default:
		out += " (" + tuple(s.Results()) + ")"
	}
	return out
}
