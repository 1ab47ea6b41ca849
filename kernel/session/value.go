package session

import (
	"fmt"
	"go/types"
	"reflect"
	"strconv"
	"strings"

	"lyceum/kernel/display"
	"lyceum/kernel/session/rt"
)

// bundle shows a value of a static type. Strings are quoted, so that "3" is not mistaken for 3, unless they
// have several lines, which read better as they are.
func bundle(v any, t types.Type) display.Bundle {
	b := display.Of(v)
	switch v.(type) {
	case error, fmt.Stringer, fmt.Formatter, display.Bundle, *display.Bundle, nil:
	default:
		if len(b.Data) == 1 { // text alone: as fmt shows the fields of a type that a cell declares
			b.Data["text/plain"] = display.Plain(rt.Closed(v))
		}
	}
	if plain, ok := b.Data["text/plain"].(string); ok {
		b.Data["text/plain"] = plainText(v, t, plain)
	}
	return b
}

func plainText(v any, t types.Type, plain string) string {
	switch x := v.(type) {
	case nil:
		return "<nil>"
	case error, fmt.Stringer, fmt.Formatter:
		return plain
	case string:
		return quoted(x)
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.String:
		return quoted(rv.String())
	case reflect.Pointer:
		if !rv.IsNil() && rv.Elem().Kind() == reflect.Struct {
			return plain // &{X:1 Y:2}
		}
	case reflect.Func:
		return "func " + strings.TrimPrefix(types.TypeString(t, packageName), "func")
	}
	return plain
}

func quoted(s string) string {
	if strings.ContainsAny(s, "\n") || len(s) > 10000 {
		return display.Cut(s)
	}
	return strconv.Quote(s)
}

func packageName(p *types.Package) string {
	if p.Path() == "main" {
		return ""
	}
	return p.Name()
}

// tuple shows the results of a call with several.
func tuple(vals []any, static []types.Type) display.Bundle {
	parts := make([]string, len(vals))
	for i, v := range vals {
		parts[i], _ = bundle(v, static[i]).Data["text/plain"].(string)
	}
	return display.Bundle{Data: map[string]any{"text/plain": strings.Join(parts, ", ")}}
}
