package posttrain

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"lyceum/lib/sampling"
)

// settingsText writes the fields of a config that are numbers, words and lists of them as JSON, in the order of the struct.
// Functions, models and data sets are left out.
func settingsText(config any) string {
	var lines []string
	var walk func(prefix string, v reflect.Value)
	walk = func(prefix string, v reflect.Value) {
		for i := range v.NumField() {
			f, x := v.Type().Field(i), v.Field(i)
			if !f.IsExported() {
				continue
			}
			name := prefix + f.Name
			if x.Kind() == reflect.Interface {
				x = x.Elem()
			}
			switch y := interfaceOf(x).(type) {
			case nil:
				continue
			case Opt:
				if y.Given() {
					lines = append(lines, fmt.Sprintf("  %q: %v", name, y))
				}
				continue
			case time.Duration:
				lines = append(lines, fmt.Sprintf("  %q: %q", name, y))
				continue
			}
			if x.Kind() == reflect.Struct {
				if f.Anonymous {
					name = strings.TrimSuffix(prefix, ".")
				}
				if name != "" {
					name += "."
				}
				walk(name, x)
				continue
			}
			if y, ok := interfaceOf(x).(*sampling.Options); ok && y != nil {
				walk(name+".", reflect.ValueOf(*y))
				continue
			}
			if k := x.Kind(); k == reflect.Pointer && x.Type().Elem().Kind() == reflect.Struct || k == reflect.Func || k == reflect.Chan {
				continue
			}
			if b, err := json.Marshal(x.Interface()); err == nil {
				lines = append(lines, fmt.Sprintf("  %q: %s", name, b))
			}
		}
	}
	if v := reflect.Indirect(reflect.ValueOf(config)); v.Kind() == reflect.Struct {
		walk("", v)
	}
	return "{\n" + strings.Join(lines, ",\n") + "\n}"
}

func interfaceOf(x reflect.Value) any {
	if !x.IsValid() {
		return nil
	}
	return x.Interface()
}
