// Package trl runs the trainers of package posttrain from the config files of TRL's command line: the same keys with the same
// meanings and defaults. A key that is not honoured is an error, never ignored.
package trl

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A Config is a config file. To read a key is to honour it: what nobody has read when a method has made its settings is
// reported by Done.
type Config struct {
	File         string
	Rollouts     string    // recorded completions for the online methods to train on instead of sampling; "": none
	SaveRollouts string    // where the online methods write theirs; "": nowhere
	Out          io.Writer // gets the log lines

	values map[string]any
	asked  map[string]bool
	idled  []string
	named  string // the key that names the model
	err    error
}

// Read reads a YAML or JSON file.
func Read(file string, out io.Writer) (*Config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	return Parse(file, data, out)
}

// Parse reads the text of a config; file stands in errors.
func Parse(file string, data []byte, out io.Writer) (*Config, error) {
	c := &Config{File: file, Out: out, asked: map[string]bool{}, named: "model_name_or_path"}
	var v any
	if err := yaml.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("train: %s: %w", file, err)
	}
	switch m := v.(type) {
	case map[string]any:
		c.values = m
	case nil:
	default:
		return nil, fmt.Errorf("train: %s: a config is keys with values, such as learning_rate: 1e-5", file)
	}
	return c, nil
}

// get returns a value; ok is false if the key is absent or null.
func (c *Config) get(key string) (v any, ok bool) {
	c.asked[key] = true
	v, ok = c.values[key]
	return v, ok && v != nil
}

// Has reports whether a key has a value.
func (c *Config) Has(key string) bool { _, ok := c.get(key); return ok }

// Fail remembers the first thing that is wrong.
func (c *Config) Fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("train: %s: %s", c.File, fmt.Sprintf(format, args...))
	}
}

func (c *Config) wrong(key, want string, v any) { c.Fail("%s is %v, it must be %s", key, v, want) }

// Float reads a number. As PyYAML takes 1e-5 for text, so do configs: text that is a number is one.
func (c *Config) Float(key string, without float64) float64 {
	switch v, _ := c.get(key); x := v.(type) {
	case nil:
	case float64:
		return x
	case int:
		return float64(x)
	case string:
		if f, err := strconv.ParseFloat(x, 64); err == nil {
			return f
		}
		c.wrong(key, "a number", strconv.Quote(x))
	default:
		c.wrong(key, "a number", v)
	}
	return without
}

// positive refuses keys that are given and are not more than 0, where the library takes 0 for "left out".
func (c *Config) positive(keys ...string) {
	for _, k := range keys {
		if v := c.Float(k, 1); !(v > 0) {
			c.wrong(k, "more than 0", v)
		}
	}
}

// Int reads a whole number.
func (c *Config) Int(key string, without int) int {
	f := c.Float(key, float64(without))
	if f != float64(int(f)) {
		c.wrong(key, "a whole number", f)
		return without
	}
	return int(f)
}

// Bool reads true or false.
func (c *Config) Bool(key string, without bool) bool {
	switch v, _ := c.get(key); x := v.(type) {
	case nil:
	case bool:
		return x
	case string:
		switch strings.ToLower(x) {
		case "true", "yes", "on":
			return true
		case "false", "no", "off":
			return false
		}
		c.wrong(key, "true or false", strconv.Quote(x))
	default:
		c.wrong(key, "true or false", v)
	}
	return without
}

// String reads text.
func (c *Config) String(key, without string) string {
	switch v, _ := c.get(key); x := v.(type) {
	case nil:
	case string:
		return x
	case bool: // YAML's no and off
		if !x {
			return "no"
		}
		return "yes"
	default:
		c.wrong(key, "text", v)
	}
	return without
}

// OneOf reads a word of a list.
func (c *Config) OneOf(key, without string, words ...string) string {
	v := c.String(key, without)
	if !slices.Contains(words, v) {
		c.wrong(key, "one of "+strings.Join(words, ", "), strconv.Quote(v))
		return without
	}
	return v
}

// Strings reads a list of words, or one.
func (c *Config) Strings(key string) []string {
	v, _ := c.get(key)
	switch x := v.(type) {
	case nil:
		return nil
	case string:
		return []string{x}
	case []any:
		var out []string
		for _, e := range x {
			s, ok := e.(string)
			if !ok {
				c.wrong(key, "a list of words", v)
				return nil
			}
			out = append(out, s)
		}
		return out
	}
	c.wrong(key, "a word or a list of words", v)
	return nil
}

// Floats reads a list of numbers, or one.
func (c *Config) Floats(key string) []float64 {
	v, _ := c.get(key)
	list, ok := v.([]any)
	if !ok {
		if v == nil {
			return nil
		}
		return []float64{c.Float(key, 0)}
	}
	var out []float64
	for _, e := range list {
		switch x := e.(type) {
		case float64:
			out = append(out, x)
		case int:
			out = append(out, float64(x))
		default:
			c.wrong(key, "a list of numbers", v)
			return nil
		}
	}
	return out
}

// Table reads a table of values.
func (c *Config) Table(key string) map[string]any {
	v, _ := c.get(key)
	switch x := v.(type) {
	case nil:
		return nil
	case map[string]any:
		return x
	case string: // TRL takes a table as JSON text too
		var m map[string]any
		if yaml.Unmarshal([]byte(x), &m) == nil && m != nil {
			return m
		}
	}
	c.wrong(key, "a table", v)
	return nil
}

// Refuse reports a key whose value is not the one that is possible here, false or null.
func (c *Config) Refuse(key, why string) {
	if v, ok := c.get(key); ok && v != false {
		c.Fail("%s is %v, it must be false or left out: %s", key, v, why)
	}
}

// idle takes keys whatever they say: they change nothing in this method.
func (c *Config) idle(keys ...string) {
	for _, k := range keys {
		c.asked[k] = true
		c.idled = append(c.idled, k)
	}
}

// Done returns the first error, or the keys that nobody has read.
func (c *Config) Done(method string) error {
	c.neutral()
	if c.err != nil {
		return c.err
	}
	var left []string
	for k := range c.values {
		if !c.asked[k] && !idleKeys[k] {
			left = append(left, k)
		}
	}
	if left == nil {
		return nil
	}
	slices.Sort(left)
	hint, known := "", append(slices.Collect(maps.Keys(c.asked)), slices.Collect(maps.Keys(idleKeys))...)
	for _, key := range left {
		near := closest(key, known)
		switch {
		case near != "" && len(left) == 1:
			hint = fmt.Sprintf("; did you mean %s?", near)
		case near != "":
			hint += fmt.Sprintf("; did you mean %s by %s?", near, key)
		}
	}
	return fmt.Errorf("train: %s: %s does not have the setting %s%s", c.File, method, strings.Join(left, ", "), hint)
}

// closest finds the key that is least far from a misspelt one, "" if none is near.
func closest(key string, known []string) string {
	slices.Sort(known)
	best, at := "", 1+len(key)/4
	for _, k := range known {
		if d := distance(key, k); d < at {
			best, at = k, d
		}
	}
	return best
}

// distance is how many letters must be changed, left out or put in to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
