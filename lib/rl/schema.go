package rl

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strings"
)

// JSON gives 1 where the completion is one JSON value, alone or in a ``` fence, else 0.
func JSON() Reward {
	return Named("json", func(b Batch) []float64 {
		return b.Each(func(r Row) float64 { _, err := parseJSON(r.Completion); return bit(err == nil) })
	})
}

// JSONSchema gives 1 where the completion is a JSON value that a JSON Schema allows, 0.5 where it is JSON but not allowed, 0
// where it is not JSON. It panics if the schema is not JSON or has a keyword that is not known. Known are type, enum, const,
// properties, required, additionalProperties, items, minItems, maxItems, minimum, maximum, exclusiveMinimum,
// exclusiveMaximum, minLength, maxLength, pattern, anyOf, oneOf, allOf, not; title, description and $schema say nothing.
func JSONSchema(schema string) Reward {
	var s any
	if err := json.Unmarshal([]byte(schema), &s); err != nil {
		panic(fmt.Sprintf("rl.JSONSchema: the schema is no JSON: %v", err))
	}
	if err := checkSchema(s, "$"); err != nil {
		panic("rl.JSONSchema: " + err.Error())
	}
	return Named("json_schema", func(b Batch) []float64 {
		return b.Each(func(r Row) float64 {
			v, err := parseJSON(r.Completion)
			switch {
			case err != nil:
				return 0
			case !allowed(s, v):
				return 0.5
			}
			return 1
		})
	})
}

var fence = regexp.MustCompile("(?s)^```[a-zA-Z]*\n(.*)\n```$")

func parseJSON(text string) (v any, err error) {
	text = strings.TrimSpace(text)
	if m := fence.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	return v, json.Unmarshal([]byte(text), &v)
}

// checkSchema says which keyword is not known or has a value of the wrong kind.
func checkSchema(s any, at string) error {
	o, ok := s.(map[string]any)
	if _, yes := s.(bool); yes {
		return nil
	}
	if !ok {
		return fmt.Errorf("the schema at %s is neither an object nor true or false", at)
	}
	for k, v := range o {
		var err error
		switch k {
		case "title", "description", "$schema", "type", "enum", "const", "required", "minItems", "maxItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength":
		case "pattern":
			p, _ := v.(string)
			_, err = regexp.Compile(p)
		case "properties":
			props, ok := v.(map[string]any)
			if !ok {
				return fmt.Errorf("properties at %s is no object", at)
			}
			for n, p := range props {
				if err := checkSchema(p, at+"."+n); err != nil {
					return err
				}
			}
		case "items", "additionalProperties", "not":
			err = checkSchema(v, at+"."+k)
		case "anyOf", "oneOf", "allOf":
			list, ok := v.([]any)
			if !ok {
				return fmt.Errorf("%s at %s is no list", k, at)
			}
			for _, x := range list {
				if err := checkSchema(x, at+"."+k); err != nil {
					return err
				}
			}
		default:
			err = fmt.Errorf("the keyword %q at %s is not known here", k, at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// allowed reports whether a schema that checkSchema has passed allows a value.
func allowed(s, v any) bool {
	if b, ok := s.(bool); ok {
		return b
	}
	o := s.(map[string]any)
	for k, want := range o {
		if !keyword(o, k, want, v) {
			return false
		}
	}
	return true
}

func keyword(o map[string]any, k string, want, v any) bool {
	count := func(yes bool, n int, sign int) bool {
		w, _ := want.(float64)
		return !yes || sign*(n-int(w)) >= 0
	}
	switch x := v.(type) {
	case string:
		switch k {
		case "minLength":
			return count(true, len([]rune(x)), 1)
		case "maxLength":
			return count(true, len([]rune(x)), -1)
		case "pattern":
			p, _ := want.(string)
			return regexp.MustCompile(p).MatchString(x)
		}
	case []any:
		switch k {
		case "minItems":
			return count(true, len(x), 1)
		case "maxItems":
			return count(true, len(x), -1)
		case "items":
			for _, e := range x {
				if !allowed(want, e) {
					return false
				}
			}
		}
	case float64:
		w, _ := want.(float64)
		switch k {
		case "minimum":
			return x >= w
		case "maximum":
			return x <= w
		case "exclusiveMinimum":
			return x > w
		case "exclusiveMaximum":
			return x < w
		}
	case map[string]any:
		if !object(o, k, want, x) {
			return false
		}
	}
	switch k {
	case "type":
		return ofType(want, v)
	case "const":
		return reflect.DeepEqual(want, v)
	case "enum":
		list, _ := want.([]any)
		return some(list, func(e any) bool { return reflect.DeepEqual(e, v) }) > 0
	case "anyOf":
		return some(want.([]any), func(e any) bool { return allowed(e, v) }) > 0
	case "oneOf":
		return some(want.([]any), func(e any) bool { return allowed(e, v) }) == 1
	case "allOf":
		return some(want.([]any), func(e any) bool { return !allowed(e, v) }) == 0
	case "not":
		return !allowed(want, v)
	}
	return true
}

func some(list []any, f func(any) bool) (n int) {
	for _, e := range list {
		if f(e) {
			n++
		}
	}
	return n
}

func object(o map[string]any, k string, want any, x map[string]any) bool {
	props, _ := o["properties"].(map[string]any)
	switch k {
	case "required":
		list, _ := want.([]any)
		return some(list, func(n any) bool { name, _ := n.(string); _, ok := x[name]; return !ok }) == 0
	case "properties":
		for n, p := range props {
			if v, ok := x[n]; ok && !allowed(p, v) {
				return false
			}
		}
	case "additionalProperties":
		for n, v := range x {
			if _, known := props[n]; !known && !allowed(want, v) {
				return false
			}
		}
	}
	return true
}

func ofType(want, v any) bool {
	if list, ok := want.([]any); ok {
		return some(list, func(w any) bool { return ofType(w, v) }) > 0
	}
	switch want {
	case "null":
		return v == nil
	case "boolean":
		_, ok := v.(bool)
		return ok
	case "string":
		_, ok := v.(string)
		return ok
	case "array":
		_, ok := v.([]any)
		return ok
	case "object":
		_, ok := v.(map[string]any)
		return ok
	}
	f, ok := v.(float64)
	return ok && (want == "number" || want == "integer" && f == math.Trunc(f))
}
