package debug

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
	"unsafe"

	"lyceum/kernel/session"
	"lyceum/kernel/session/rt"
)

// references are what a front end can open: groups of variables, and values that have parts.
type references struct {
	items []any // []session.Variable, globals, or reflect.Value
}

// globals stands for the variables of the session.
type globals struct{}

// mostReferences bounds what is kept until the next step.
const mostReferences = 100_000

func (r *references) add(x any) int {
	if len(r.items) >= mostReferences {
		r.items = nil
	}
	r.items = append(r.items, x)
	return len(r.items)
}

func (r *references) reset() { r.items = nil }

// inspectVariables lists the variables of the session.
func (a *Adapter) inspectVariables(arguments) (map[string]any, error) {
	vars := a.s.Variables()
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, stopped := rt.Trace.Threads(); len(stopped) == 0 {
		a.refs.reset()
	}
	return map[string]any{"variables": a.describe(vars)}, nil
}

// describe is called with the lock held.
func (a *Adapter) describe(vars []session.Variable) []any {
	out := []any{}
	for _, v := range vars {
		out = append(out, a.variable(v.Name, v.Type, reflect.ValueOf(v.Value), v.Name))
	}
	return out
}

// variables lists the parts of something that was named by a reference.
func (a *Adapter) variables(x arguments) (map[string]any, error) {
	a.mu.Lock()
	if x.Reference < 1 || x.Reference > len(a.refs.items) {
		a.mu.Unlock()
		return nil, fmt.Errorf("variables: there is no reference %d (any more)", x.Reference)
	}
	item := a.refs.items[x.Reference-1]
	a.mu.Unlock()
	var vars []session.Variable
	switch it := item.(type) {
	case []session.Variable:
		vars = it
	case globals:
		vars = a.s.Variables()
	case reflect.Value:
		a.mu.Lock()
		defer a.mu.Unlock()
		return map[string]any{"variables": a.parts(it, x)}, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return map[string]any{"variables": a.describe(vars)}, nil
}

// variable describes one value.
func (a *Adapter) variable(name, typ string, v reflect.Value, path string) map[string]any {
	m := map[string]any{"name": name, "type": typ, "value": short(v), "evaluateName": path, "variablesReference": 0}
	if a.inLab && shownByType(v) {
		m["type"] = typ + " = " + m["value"].(string)
	}
	if p := opened(v); p.IsValid() {
		m["variablesReference"] = a.refs.add(p)
		switch p.Kind() {
		case reflect.Slice, reflect.Array:
			m["indexedVariables"] = p.Len()
		case reflect.Map:
			m["namedVariables"] = p.Len()
		}
	}
	return m
}

// shownByType says that JupyterLab would show nothing of the value but its type: it knows the types int and bool alone.
func shownByType(v reflect.Value) bool {
	switch {
	case !v.IsValid():
		return true
	case v.Type() == reflect.TypeFor[int](), v.Type() == reflect.TypeFor[bool]():
		return false
	}
	return v.Kind() != reflect.Func && !opened(v).IsValid()
}

// opened returns what has parts: v itself or what it points to; the zero Value if nothing does.
func opened(v reflect.Value) reflect.Value {
	for v.IsValid() {
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			if v.IsNil() {
				return reflect.Value{}
			}
			v = v.Elem()
		case reflect.Slice, reflect.Array, reflect.Map:
			if v.Len() > 0 {
				return v
			}
			return reflect.Value{}
		case reflect.Struct:
			if v.NumField() > 0 {
				return v
			}
			return reflect.Value{}
		default:
			return reflect.Value{}
		}
	}
	return v
}

// mostParts is how many parts of a value are listed when the front end does not say which it wants.
const mostParts = 1000

func (a *Adapter) parts(v reflect.Value, x arguments) []any {
	out := []any{}
	from, to := 0, mostParts
	if x.Count > 0 {
		from, to = x.Start, x.Start+x.Count
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		for i := max(from, 0); i < min(to, v.Len()); i++ {
			name := fmt.Sprintf("[%d]", i)
			out = append(out, a.variable(name, v.Type().Elem().String(), v.Index(i), name))
		}
	case reflect.Map:
		keys := v.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return lessKey(keys[i], keys[j]) })
		for i := max(from, 0); i < min(to, len(keys)); i++ {
			name := "[" + short(keys[i]) + "]"
			out = append(out, a.variable(name, v.Type().Elem().String(), v.MapIndex(keys[i]), name))
		}
	case reflect.Struct:
		for i := max(from, 0); i < min(to, v.NumField()); i++ {
			f := v.Type().Field(i)
			out = append(out, a.variable(f.Name, f.Type.String(), v.Field(i), f.Name))
		}
	}
	return out
}

func lessKey(a, b reflect.Value) bool {
	switch {
	case a.Kind() != b.Kind():
		return a.Kind() < b.Kind()
	case a.CanInt():
		return a.Int() < b.Int()
	case a.CanUint():
		return a.Uint() < b.Uint()
	case a.CanFloat():
		return a.Float() < b.Float()
	}
	return short(a) < short(b)
}

// longest is how many characters of a value are shown in a list.
const longest = 400

// short is the text of a value in a list.
func short(v reflect.Value) (s string) {
	defer func() {
		if p := recover(); p != nil {
			s = fmt.Sprintf("(this value cannot be shown: %v)", p)
		}
	}()
	if !v.IsValid() {
		return "nil"
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		if v.IsNil() {
			return "nil"
		}
		if v.Len() > mostShown {
			return fmt.Sprintf("%s (%d elements)", v.Type(), v.Len())
		}
	case reflect.Func:
		if v.IsNil() {
			return "nil"
		}
		return v.Type().String()
	case reflect.Array:
		if v.Len() > mostShown {
			return v.Type().String()
		}
	}
	s = session.Text(readable(v).Interface(), nil)
	s = strings.ReplaceAll(s, "\n", "⏎")
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest]) + "…"
	}
	return s
}

// mostShown is how many elements a list in a list shows.
const mostShown = 100

// readable gives access to the value of an unexported field.
func readable(v reflect.Value) reflect.Value {
	if v.CanInterface() {
		return v
	}
	c := reflect.New(v.Type()).Elem()
	if v.CanAddr() {
		c.Set(reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem())
		return c
	}
	return reflect.ValueOf(fmt.Sprint(v))
}

// richInspect shows a variable as a cell would show it.
func (a *Adapter) richInspect(x arguments) (map[string]any, error) {
	if x.VariableName == "" {
		return nil, errors.New("richInspectVariables: variableName is missing")
	}
	vars := a.s.Variables()
	if x.FrameID > 0 {
		c, err := call(x.FrameID)
		if err != nil {
			return nil, err
		}
		vars = append(session.Locals(c), vars...)
	}
	i := slices.IndexFunc(vars, func(v session.Variable) bool { return v.Name == x.VariableName })
	if i < 0 {
		return nil, fmt.Errorf("there is no variable %q", x.VariableName)
	}
	b := a.s.Rich(vars[i])
	meta := b.Metadata
	if meta == nil {
		meta = map[string]any{}
	}
	return map[string]any{"data": b.Data, "metadata": meta}, nil
}

// copyToGlobals makes a variable of the session from one of a stopped function.
func (a *Adapter) copyToGlobals(x arguments) (map[string]any, error) {
	c, err := call(x.SrcFrame)
	if err != nil {
		return nil, err
	}
	locals := session.Locals(c)
	i := slices.IndexFunc(locals, func(v session.Variable) bool { return v.Name == x.SrcName })
	if i < 0 {
		return nil, fmt.Errorf("there is no variable %q in this function", x.SrcName)
	}
	if err := a.s.CopyToGlobals(x.DstName, locals[i]); err != nil {
		return nil, err
	}
	return nil, nil
}
