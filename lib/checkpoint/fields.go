package checkpoint

import (
	"encoding/json"
	"fmt"
	"math"
)

// fields reads the keys of a config.json. The first thing that is wrong stays in err. A key that is there with null counts
// as absent unless it is asked for by has.
type fields struct {
	all map[string]any
	err error
}

func parseFields(data []byte) (*fields, error) {
	f := &fields{}
	if err := json.Unmarshal(data, &f.all); err != nil {
		return nil, fmt.Errorf("not a config.json: %v", err)
	}
	return f, nil
}

func (f *fields) fail(format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf(format, args...)
	}
}

// has reports whether a key is there, be it with null.
func (f *fields) has(key string) bool { _, ok := f.all[key]; return ok }

// number returns a number; missing if there is none.
func (f *fields) number(key string, missing float64) float64 {
	v := f.all[key]
	if v == nil {
		return missing
	}
	x, ok := v.(float64)
	if !ok {
		f.fail("%s is %v, a number is expected", key, v)
		return missing
	}
	return x
}

func (f *fields) integer(key string, missing int) int {
	x := f.number(key, float64(missing))
	if x != math.Trunc(x) || math.Abs(x) > 1<<40 {
		f.fail("%s is %v, a whole number is expected", key, x)
		return missing
	}
	return int(x)
}

func (f *fields) truth(key string, missing bool) bool {
	v := f.all[key]
	if v == nil {
		return missing
	}
	b, ok := v.(bool)
	if !ok {
		f.fail("%s is %v, true or false is expected", key, v)
	}
	return b
}

func (f *fields) text(key, missing string) string {
	v := f.all[key]
	if v == nil {
		return missing
	}
	s, ok := v.(string)
	if !ok {
		f.fail("%s is %v, a text is expected", key, v)
	}
	return s
}

func (f *fields) list(key string) []any {
	v := f.all[key]
	if v == nil {
		return nil
	}
	l, ok := v.([]any)
	if !ok {
		f.fail("%s is %v, a list is expected", key, v)
	}
	return l
}

func (f *fields) table(key string) map[string]any {
	v := f.all[key]
	if v == nil {
		return nil
	}
	t, ok := v.(map[string]any)
	if !ok {
		f.fail("%s is %v, a table is expected", key, v)
	}
	return t
}

// ids returns token ids that are one number or a list of them.
func (f *fields) ids(key string) []int32 {
	l, ok := f.all[key].([]any)
	if !ok && f.all[key] != nil {
		l = []any{f.all[key]}
	}
	var out []int32
	for _, v := range l {
		x, ok := v.(float64)
		if !ok || x != math.Trunc(x) || x < -1 || x > math.MaxInt32 {
			f.fail("%s is %v, a token id or a list of them is expected", key, f.all[key])
			return nil
		}
		if x >= 0 {
			out = append(out, int32(x))
		}
	}
	return out
}

// must is an error unless a key is absent, null or one of the values that change nothing.
func (f *fields) must(key string, neutral ...any) {
	v := f.all[key]
	if v == nil {
		return
	}
	for _, n := range neutral {
		if v == n {
			return
		}
	}
	f.fail("%s is %v, which is not supported: the model would compute something else", key, v)
}
