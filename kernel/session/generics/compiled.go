package generics

import (
	"cmp"
	"crypto/hkdf"
	"crypto/pbkdf2"
	"go/ast"
	"go/token"
	gotypes "go/types"
	"hash"
	"hash/maphash"
	"iter"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unique"
	"weak"
)

// Path is the import path under which lowered code finds compiled instances.
const Path = "lyceum/kernel/session/generics"

// table holds instances that exist in compiled code: they run at full speed,
// or do what source cannot. Functions by "slices.Sort[[]int,int]", types as nil
// pointers by "iter.Seq[string]".
var table = sync.OnceValue(func() map[string]reflect.Value {
	t := entries{}
	ordered[int](t, "int")
	ordered[int32](t, "int32")
	ordered[int64](t, "int64")
	ordered[uint8](t, "uint8")
	ordered[float32](t, "float32")
	ordered[float64](t, "float64")
	ordered[string](t, "string")
	t.seq2()
	t["iter.Pull[any]"] = reflect.ValueOf(iter.Pull[any])
	t["unique.Make[any]"] = reflect.ValueOf(unique.Make[any])
	typ[unique.Handle[any]](t, "unique.Handle[any]")
	t["weak.Make[byte]"] = reflect.ValueOf(weak.Make[byte])
	typ[weak.Pointer[byte]](t, "weak.Pointer[byte]")
	t["hash/maphash.Comparable[any]"] = reflect.ValueOf(maphash.Comparable[any])
	t["hash/maphash.WriteComparable[any]"] = reflect.ValueOf(maphash.WriteComparable[any])
	t["runtime.AddCleanup[byte,any]"] = reflect.ValueOf(runtime.AddCleanup[byte, any])
	t["crypto/hkdf.Key[hash.Hash]"] = reflect.ValueOf(hkdf.Key[hash.Hash])
	t["crypto/hkdf.Extract[hash.Hash]"] = reflect.ValueOf(hkdf.Extract[hash.Hash])
	t["crypto/hkdf.Expand[hash.Hash]"] = reflect.ValueOf(hkdf.Expand[hash.Hash])
	t["crypto/pbkdf2.Key[hash.Hash]"] = reflect.ValueOf(pbkdf2.Key[hash.Hash])
	out := map[string]reflect.Value{}
	for k, v := range t {
		out[plain(k)] = v
	}
	return out
})

type entries map[string]reflect.Value

func typ[T any](t entries, name string) { t[name] = reflect.ValueOf((*T)(nil)) }

// ordered adds what sorts and searches slices of a basic type.
func ordered[E cmp.Ordered](t entries, e string) {
	put := func(name string, f any) { t["slices."+name+"[[]"+e+","+e+"]"] = reflect.ValueOf(f) }
	put("Sort", slices.Sort[[]E])
	put("IsSorted", slices.IsSorted[[]E])
	put("BinarySearch", slices.BinarySearch[[]E])
	put("SortFunc", slices.SortFunc[[]E])
	put("SortStableFunc", slices.SortStableFunc[[]E])
	put("Max", slices.Max[[]E])
	put("Min", slices.Min[[]E])
	put("Index", slices.Index[[]E])
	put("Contains", slices.Contains[[]E])
	put("Equal", slices.Equal[[]E])
	put("Compare", slices.Compare[[]E])
	put("Reverse", slices.Reverse[[]E])
	put("Compact", slices.Compact[[]E])
	put("Clone", slices.Clone[[]E])
	put("Concat", slices.Concat[[]E])
	put("Repeat", slices.Repeat[[]E])
	typ[iter.Seq[E]](t, "iter.Seq["+e+"]")
	typ[iter.Seq2[int, E]](t, "iter.Seq2[int,"+e+"]")
}

// seq2 adds the iterator types that occur in the API of compiled packages.
func (t entries) seq2() {
	typ[iter.Seq[[]byte]](t, "iter.Seq[[]byte]")
	typ[iter.Seq[any]](t, "iter.Seq[any]")
	typ[iter.Seq[reflect.Value]](t, "iter.Seq[reflect.Value]")
	typ[iter.Seq[reflect.Type]](t, "iter.Seq[reflect.Type]")
	typ[iter.Seq[reflect.StructField]](t, "iter.Seq[reflect.StructField]")
	typ[iter.Seq[reflect.Method]](t, "iter.Seq[reflect.Method]")
	typ[iter.Seq2[reflect.Value, reflect.Value]](t, "iter.Seq2[reflect.Value,reflect.Value]")
	typ[iter.Seq2[reflect.StructField, reflect.Value]](t, "iter.Seq2[reflect.StructField,reflect.Value]")
	typ[iter.Seq2[reflect.Method, reflect.Value]](t, "iter.Seq2[reflect.Method,reflect.Value]")
	typ[iter.Seq[ast.Node]](t, "iter.Seq[go/ast.Node]")
	typ[iter.Seq[*token.File]](t, "iter.Seq[*go/token.File]")
	goTypes(t)
}

func goTypes(t entries) {
	typ[iter.Seq[gotypes.Type]](t, "iter.Seq[go/types.Type]")
	typ[iter.Seq[*gotypes.Func]](t, "iter.Seq[*go/types.Func]")
	typ[iter.Seq[*gotypes.Named]](t, "iter.Seq[*go/types.Named]")
	typ[iter.Seq[*gotypes.Var]](t, "iter.Seq[*go/types.Var]")
	typ[iter.Seq[*gotypes.Scope]](t, "iter.Seq[*go/types.Scope]")
	typ[iter.Seq[*gotypes.Term]](t, "iter.Seq[*go/types.Term]")
	typ[iter.Seq[*gotypes.TypeParam]](t, "iter.Seq[*go/types.TypeParam]")
	typ[iter.Seq[*gotypes.Selection]](t, "iter.Seq[*go/types.Selection]")
}

// names maps the keys of functions in table to identifiers.
var names = sync.OnceValue(func() map[string]string {
	keys := make([]string, 0, len(table()))
	for k := range table() {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := map[string]string{}
	for i, k := range keys {
		out[k] = "F" + strconv.Itoa(i)
	}
	return out
})

// pkg is what lowered code imports.
var (
	pkgMu sync.Mutex
	pkg   = gotypes.NewPackage(Path, "generics")
)

// Symbols are the compiled instances in the form that interp.Use takes.
func Symbols() map[string]map[string]reflect.Value {
	return map[string]map[string]reflect.Value{Path + "/generics": byName()}
}

var byName = sync.OnceValue(func() map[string]reflect.Value {
	t := map[string]reflect.Value{}
	for k, v := range table() {
		t[names()[k]] = v
	}
	return t
})

// Symbol finds a compiled instance of a generic type, such as
// Symbol("iter", "Seq[string]"), as a nil pointer to it.
func Symbol(path, name string) (reflect.Value, bool) {
	if path == Path {
		v, ok := byName()[name]
		return v, ok
	}
	if !strings.HasSuffix(name, "]") {
		return reflect.Value{}, false
	}
	v, ok := table()[plain(path+"."+name)]
	return v, ok
}

// compiled returns the compiled instance of a function, or nil.
func compiled(f *gotypes.Func, targs []gotypes.Type) gotypes.Object {
	if f.Pkg() == nil || f.Pkg().Path() == "main" {
		return nil
	}
	key := keyOf(f.Pkg().Path()+"."+f.Name(), targs)
	if _, ok := table()[key]; !ok {
		return nil
	}
	pkgMu.Lock()
	defer pkgMu.Unlock()
	name := names()[key]
	if obj := pkg.Scope().Lookup(name); obj != nil {
		return obj
	}
	obj := gotypes.NewFunc(f.Pos(), pkg, name, f.Signature())
	pkg.Scope().Insert(obj)
	return obj
}

func compiledType(t *gotypes.Named) bool {
	_, ok := table()[keyOf(t.Obj().Pkg().Path()+"."+t.Obj().Name(), list(t.TypeArgs()))]
	return ok
}

func keyOf(name string, targs []gotypes.Type) string {
	var args []string
	for _, t := range targs {
		args = append(args, gotypes.TypeString(t, (*gotypes.Package).Path))
	}
	return plain(name + "[" + strings.Join(args, ",") + "]")
}

var alias = regexp.MustCompile(`\b(byte|rune|any)\b`)

// plain writes predeclared aliases as the types they stand for.
func plain(key string) string {
	return alias.ReplaceAllStringFunc(key, func(s string) string {
		return map[string]string{"byte": "uint8", "rune": "int32", "any": "interface{}"}[s]
	})
}
