package optim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// arguments reads the arguments of a schedule or an optimiser and remembers the first that cannot be used.
type arguments struct {
	kind, name string // kind "" is schedule
	given      map[string]any
	err        error
}

func (a *arguments) number(key string, without float64) float64 {
	switch v := a.given[key].(type) {
	case nil:
		return without
	case float64:
		return v
	case int:
		return float64(v)
	default:
		a.fail("%s is %v, it must be a number", key, v)
		return without
	}
}

// whole reads a number without a fraction.
func (a *arguments) whole(key string, without int) int {
	v := a.number(key, float64(without))
	if v != float64(int(v)) {
		a.fail("%s is %v, it must be a whole number", key, v)
	}
	return int(v)
}

// truth reads true or false; left out it is false.
func (a *arguments) truth(key string) bool {
	switch v := a.given[key].(type) {
	case nil:
		return false
	case bool:
		return v
	case int:
		if v == 0 || v == 1 {
			return v == 1
		}
	case float64:
		if v == 0 || v == 1 {
			return v == 1
		}
	case string:
		switch strings.ToLower(v) {
		case "true", "yes", "1":
			return true
		case "false", "no", "0":
			return false
		}
	}
	a.fail("%s is %v, it must be true or false", key, a.given[key])
	return false
}

// oneOf reads a word of a list.
func (a *arguments) oneOf(key, without string, words ...string) string {
	v, ok := a.given[key]
	if !ok || v == nil {
		return without
	}
	for _, w := range words {
		if v == w {
			return w
		}
	}
	a.fail("%s is %v, it must be %s", key, v, strings.Join(words, " or "))
	return without
}

// only says which argument is not one of those that are known.
func (a *arguments) only(known []string) {
	for _, k := range slices.Sorted(maps.Keys(a.given)) {
		if !slices.Contains(known, k) && known == nil {
			a.fail("it has no argument %q: it takes none", k)
		} else if !slices.Contains(known, k) {
			a.fail("it has no argument %q; it takes %s", k, strings.Join(known, ", "))
		}
	}
}

func (a *arguments) fail(format string, args ...any) {
	if a.err == nil {
		kind := a.kind
		if kind == "" {
			kind = "schedule"
		}
		a.err = fmt.Errorf("optim: %s %s: %s", kind, a.name, fmt.Sprintf(format, args...))
	}
}
