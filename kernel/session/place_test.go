package session

import (
	"strings"
	"testing"
)

func TestAPanicInAFunctionSaysItsLine(t *testing.T) {
	s := fresh(t)
	for _, c := range []struct{ code, want string }{
		{"func f(x int) int {\n\ty := x\n\tif y > 0 {\n\t\tpanic(\"here\")\n\t}\n\treturn y\n}\nf(1)", "In[1]:4:3: panic: here"},
		{"func g(xs []int) int {\n\tn := 7\n\ts := 0\n\ts += xs[n]\n\treturn s\n}\ng(nil)", "In[1]:4:7: panic: runtime error: index out of range [7] with length 0"},
		{"func h(v any) int {\n\tx := 1\n\treturn x + v.(int)\n}\nh(\"s\")", "In[1]:3:13: panic: interface conversion: interface {} is string, not int"},
		{"x := 1\nif x > 0 {\n\tpanic(\"top\")\n}", "In[1]:3:2: panic: top"},
	} {
		r := s.Execute(Request{Code: c.code, Count: 1, Out: &sink{}})
		if r.Err == nil || !strings.HasPrefix(r.Err.Value, c.want) {
			t.Errorf("%s\n got %v\nwant %s", c.code, r.Err, c.want)
		}
	}
}
