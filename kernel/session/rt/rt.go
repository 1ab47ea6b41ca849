// Package rt is the compiled half of lowering: helpers that lowered cells call
// and the tables under which the interpreter finds them.
package rt

import (
	"fmt"
	"reflect"
	"sync"

	"lyceum/kernel/session/rt/forge"
)

// Path is the import path under which lowered code finds this package.
const Path = "lyceum/kernel/session/rt"

// Symbols returns the table of this package in the form that interp.Use takes.
func Symbols() map[string]map[string]reflect.Value {
	t := map[string]reflect.Value{}
	for name, f := range functions {
		t[name] = reflect.ValueOf(f)
	}
	t["Case"] = reflect.ValueOf((*Case)(nil))
	t["Defers"] = reflect.ValueOf((*Defers)(nil))
	t["Frame"] = reflect.ValueOf((*Frame)(nil))
	t["Stdout"] = reflect.ValueOf(&Stdout).Elem()
	t["Stderr"] = reflect.ValueOf(&Stderr).Elem()
	t["Stdin"] = reflect.ValueOf(&Stdin).Elem()
	return map[string]map[string]reflect.Value{Path + "/rt": t}
}

var functions = map[string]any{
	"BadShift":     BadShift,
	"Value":        Value,
	"Equal":        Equal,
	"Select":       Select,
	"Recv":         Recv,
	"Send":         Send,
	"Bind":         Bind,
	"Closed":       Closed,
	"As":           As,
	"Is":           Is,
	"Count":        Count,
	"Clear":        Clear,
	"NotNil":       NotNil,
	"Runes":        Runes,
	"MinInt":       least[int64],
	"MinUint":      least[uint64],
	"MinFloat":     least[float64],
	"MinString":    least[string],
	"MaxInt":       greatest[int64],
	"MaxUint":      greatest[uint64],
	"MaxFloat":     greatest[float64],
	"MaxString":    greatest[string],
	"Print":        Print,
	"Println":      Println,
	"BadIndex":     BadIndex,
	"BadNil":       BadNil,
	"Index":        Index,
	"BadSlice":     BadSlice,
	"Assert":       Assert,
	"MakeLen":      MakeLen,
	"MakeCap":      MakeCap,
	"MakeHint":     MakeHint,
	"NewValue":     NewValue,
	"Word":         Word,
	"Pair":         Pair,
	"UnsafeAdd":    UnsafeAdd,
	"UnsafeSlice":  UnsafeSlice,
	"SliceData":    SliceData,
	"UnsafeString": UnsafeString,
	"StringData":   StringData,
	"Array":        Array,
	"Convert":      Convert,
	"Guard":        Guard,
	"Traced":       Traced,
	"Go":           Go,
	"Alone":        Alone,
	"LogFatal":     LogFatal,
	"LogFatalf":    LogFatalf,
	"LogFatalln":   LogFatalln,
	"Panic":        Panic,
	"Recover":      Recover,
	"Deferred":     Deferred,
	"BadIterator":  BadIterator,
}

var (
	mu    sync.Mutex
	types = map[string]*forge.Named{}
)

// Register makes a type known by the symbol under which lowered code names it.
func Register(sym string, n *forge.Named) {
	mu.Lock()
	types[sym] = n
	mu.Unlock()
}

// Bind gives a method of a registered type its body; see forge.Named.Bind.
func Bind(sym, method string, fn, value any) {
	mu.Lock()
	n := types[sym]
	mu.Unlock()
	var direct reflect.Value
	if value != nil {
		direct = reflect.ValueOf(value)
	}
	if n == nil {
		panic(fmt.Sprintf("rt.Bind: no type %s", sym))
	}
	if err := n.Bind(method, reflect.ValueOf(fn), direct); err != nil {
		panic(err)
	}
}

// Is says whether the dynamic type of v is t, or implements it when t is an
// interface type.
func Is(v any, t reflect.Type) bool {
	d := reflect.TypeOf(v)
	if d == nil {
		return false
	}
	if t.Kind() == reflect.Interface {
		return d.Implements(t)
	}
	return d == t
}

// As returns v and true if its dynamic type is t, or implements it.
func As(v any, t reflect.Type) (any, bool) {
	if Is(v, t) {
		return v, true
	}
	return nil, false
}

// Equal compares two interface values.
func Equal(a, b any) bool { return a == b }

// Value returns v.
func Value(v any) any { return v }

// NotNil returns v, or panics as a method value of a nil interface does.
func NotNil(v any) any {
	if v == nil {
		var e error
		_ = e.Error()
	}
	return v
}
