package lower

import (
	"fmt"
	"go/types"
	"reflect"
	"sort"

	"golang.org/x/tools/go/types/typeutil"

	"lyceum/kernel/session/rt"
	"lyceum/kernel/session/rt/forge"
)

// World is what lowering remembers from cell to cell: the run-time types made
// for the types that cells declared, and the names under which lowered code
// refers to them.
type World struct {
	ordering
	symbol    func(path, name string) (reflect.Value, bool)
	named     map[*types.TypeName]*namedType
	instances typeutil.Map // instances of generic types: *types.Named -> *namedType
	// Canon, if set, gives the type declared in source that stands for an
	// instance of a generic type of a compiled package; nil if there is none.
	Canon      func(*types.Named) *types.Named
	order      []*namedType // in order of declaration
	unnamed    typeutil.Map // types.Type -> *unnamedType
	kinds      map[constKey]string
	seq        int
	fresh      map[string]reflect.Value // symbols made since the last cell
	recovering map[string]bool          // functions that call recover, by their lowered names
	funcs      map[string]reflect.Type
	twins      bool // some type has a twin
	// descriptors are the symbols of type descriptors used as values.
	descriptors map[reflect.Type]string
}

// namedType is a type declared in a cell.
type namedType struct {
	obj    *types.TypeName
	typ    types.Type   // a *types.Named, or a struct literal that embeds methods
	define func() error // of a type that was begun, and not defined yet
	made   *forge.Named
	sym    string
	sigs   string       // its method set when it was last given to the runtime
	twin   *forge.Named // the same struct with closed fields, or nil
}

// unnamedType is a struct or interface literal that occurs in a cell.
type unnamedType struct {
	typ  reflect.Type
	sym  string
	twin reflect.Type // the same struct with closed fields, or nil
}

// NewWorld returns an empty world. symbol looks up an exported symbol of a
// compiled package: a type is given as a nil pointer to it, as in the tables
// of yaegi.
func NewWorld(symbol func(path, name string) (reflect.Value, bool)) *World {
	w := &World{
		symbol:      symbol,
		named:       map[*types.TypeName]*namedType{},
		kinds:       map[constKey]string{},
		funcs:       map[string]reflect.Type{},
		descriptors: map[reflect.Type]string{},
		fresh:       map[string]reflect.Value{},
		recovering:  map[string]bool{},
	}
	w.unnamed.SetHasher(typeutil.MakeHasher())
	w.instances.SetHasher(typeutil.MakeHasher())
	return w
}

// next returns a symbol name not used before.
func (w *World) next(prefix string) string {
	w.seq++
	return fmt.Sprintf("%s%d", prefix, w.seq)
}

// typeSymbol publishes a type under a name in package lyceum/cell.
func (w *World) typeSymbol(prefix string, t reflect.Type) string {
	s := w.next(prefix)
	w.fresh[s] = reflect.Zero(reflect.PointerTo(t))
	return s
}

// forget takes back the types that a cell declared which could not be lowered: order is how many there were before.
func (w *World) forget(order int) {
	for _, n := range w.order[order:] {
		switch t := n.typ.(type) {
		case *types.Named:
			if t.TypeArgs().Len() == 0 {
				delete(w.named, t.Obj())
			} else {
				w.instances.Delete(t)
			}
		default:
			w.unnamed.Delete(t)
		}
	}
	w.order, w.begun, w.late, w.defining, w.behind = w.order[:order], nil, nil, 0, 0
}

// takeFresh returns the symbols made since the last call.
func (w *World) takeFresh() map[string]reflect.Value {
	out := w.fresh
	w.fresh = map[string]reflect.Value{}
	return out
}

// compiled says whether a package-level object belongs to a compiled package.
func (w *World) compiled(obj types.Object) bool {
	if obj.Pkg() == nil {
		return true
	}
	_, mine := w.named[asTypeName(obj)]
	if mine {
		return false
	}
	_, ok := w.symbol(obj.Pkg().Path(), obj.Name())
	return ok
}

func asTypeName(obj types.Object) *types.TypeName {
	tn, _ := obj.(*types.TypeName)
	return tn
}

// updateMethods brings the method sets of all declared types up to date and
// returns the types whose methods changed or have new bodies. A method can be
// declared in a later cell than its type, and types that embed the type gain
// it too.
func (w *World) updateMethods() ([]*namedType, error) {
	var changed []*namedType
	for _, n := range w.order {
		if types.IsInterface(n.typ) {
			continue
		}
		ms, err := w.methodSet(n.typ)
		if err != nil {
			return nil, err
		}
		sigs := fmt.Sprint(ms)
		if sigs == n.sigs {
			continue
		}
		if err := n.made.SetMethods(ms); err != nil {
			return nil, err
		}
		if n.twin != nil {
			if err := n.twin.SetMethods(ms); err != nil {
				return nil, err
			}
		}
		n.sigs = sigs
		changed = append(changed, n)
	}
	return changed, nil
}

// methodSet lists the methods of *T and says which of them T lacks.
func (w *World) methodSet(t types.Type) ([]forge.Method, error) {
	value := types.NewMethodSet(t)
	all := types.NewMethodSet(types.NewPointer(t))
	var ms []forge.Method
	for i := range all.Len() {
		f := all.At(i).Obj().(*types.Func)
		if f.Name() == "_" {
			continue
		}
		if !f.Exported() && w.isCompiledPackage(f.Pkg()) {
			continue // promoted from a compiled type, and not callable
		}
		ft, err := w.funcType(f.Type().(*types.Signature))
		if err != nil {
			if w.isCompiledPackage(f.Pkg()) {
				continue
			}
			return nil, err
		}
		ms = append(ms, forge.Method{
			Name: f.Name(), Type: ft,
			Pointer: value.Lookup(f.Pkg(), f.Name()) == nil,
		})
	}
	sort.Slice(ms, func(i, j int) bool { return ms[i].Name < ms[j].Name })
	return ms, nil
}

// register makes the forged type known to rt.Bind.
func (n *namedType) register() { rt.Register(n.sym, n.made) }

// typeValue is a type descriptor as a symbol of static type reflect.Type.
func typeValue(t reflect.Type) reflect.Value {
	return reflect.ValueOf(&t).Elem()
}
