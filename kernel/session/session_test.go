package session

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"lyceum/kernel/display"
)

// sink collects what a cell prints.
type sink struct {
	mu       sync.Mutex
	out, err string
	shown    []display.Bundle
}

func (s *sink) Stream(name string, p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == "stdout" {
		s.out += string(p)
	} else {
		s.err += string(p)
	}
}
func (s *sink) Display(b display.Bundle) { s.shown = append(s.shown, b) }
func (s *sink) Update(display.Bundle)    {}
func (s *sink) Clear(bool)               {}
func (s *sink) Input(prompt string, _ bool) (string, error) {
	return "", errors.New("nobody is there")
}

func (s *sink) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out
}

func fresh(t testing.TB) *Session {
	t.Helper()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A cell is its code and what it must do, a line each: "= v" the value shown, "> text" the output, "! text" an error that
// contains the text, "-" no value.
type step struct{ code, want string }

func run(t *testing.T, steps ...step) *Session {
	t.Helper()
	s := fresh(t)
	for i, st := range steps {
		o := &sink{}
		r := s.Execute(Request{Code: st.code, Count: i + 1, Out: o})
		var out, value, fail []string
		for _, w := range strings.Split(st.want, "\n") {
			kind, text, _ := strings.Cut(w, " ")
			switch kind {
			case ">":
				out = append(out, text)
			case "=":
				value = append(value, text)
			case "!":
				fail = append(fail, text)
			}
		}
		at := fmt.Sprintf("cell %d (%q)", i+1, st.code)
		if r.Err != nil && fail == nil {
			t.Fatalf("%s: %s", at, strings.Join(r.Err.Traceback, "\n"))
		}
		for _, f := range fail {
			if r.Err == nil || !strings.Contains(r.Err.Value, f) {
				t.Errorf("%s: error %v, want %q", at, r.Err, f)
			}
		}
		if got, want := strings.TrimSuffix(o.text(), "\n"), strings.Join(out, "\n"); got != want {
			t.Errorf("%s: output %q, want %q", at, got, want)
		}
		got := ""
		if r.Value != nil {
			got, _ = r.Value.Data["text/plain"].(string)
		}
		if want := strings.Join(value, "\n"); got != want {
			t.Errorf("%s: value %q, want %q", at, got, want)
		}
	}
	return s
}

func TestValues(t *testing.T) {
	run(t, step{"6 * 7", "= 42"}, step{"6 * 7;", "-"}, step{"x := 3\nx", "= 3"}, step{"\"a\" + \"b\"", "= \"ab\""}, step{"[]float64{1, 2.5}", "= [1 2.5]"},
		step{"type P struct{ X, Y int }\nP{1, 2}", "= {X:1 Y:2}"}, step{"&P{1, 2}", "= &{X:1 Y:2}"}, step{"fmt.Println(1)", "> 1"}, step{"strconv.Atoi(\"7\")", "= 7"},
		step{"strconv.Atoi(\"x\")", "! invalid syntax"}, step{"func() (int, string) { return 1, \"b\" }()", "= 1, \"b\""}, step{"x = 4", "-"}, step{"", "-"}, step{"// note", "-"},
		step{"var e error\ne", "= <nil>"}, step{"true && x > 3", "= true"}, step{"1 << 10", "= 1024"}, step{"\"two\\nlines\"", "= two\n= lines"})
}

func TestVariablesLive(t *testing.T) {
	run(t, step{"x := 1\ny, z := 2, \"s\"", "-"}, step{"x + y", "= 3"}, step{"x := \"now a string\"", "-"}, step{"x", "= \"now a string\""},
		step{"var n int", "-"}, step{"n = 5", "-"}, step{"var n int\nn", "= 0"}, step{"xs := []int{1}", "-"}, step{"xs := append(xs, 2)\nxs", "= [1 2]"},
		step{"const k = 10\nk * 2", "= 20"}, step{"for i := 0; i < 3; i++ { n += i }\nn", "= 3"}, step{"a, err := strconv.Atoi(\"5\")\nb, err := strconv.Atoi(\"6\")\nif err != nil { panic(err) }\na + b", "= 11"})
}

func TestRedefinition(t *testing.T) {
	run(t, step{"func f() int { return 1 }\nfunc g() int { return f() * 10 }", "-"}, step{"g()", "= 10"}, step{"func f() int { return 2 }", "-"}, step{"g()", "= 20"},
		step{"type T struct{ A int }\nfunc (t T) Get() int { return t.A }\nv := T{3}", "-"}, step{"v.Get()", "= 3"}, step{"func (t T) Twice() int { return 2 * t.A }", "-"},
		step{"v.Twice()", "= 6"}, step{"func (t T) Get() int { return -t.A }", "-"}, step{"v.Get()", "= -3"}, step{"type T struct{ A, B int }", "-"}, step{"T{1, 2}", "= {A:1 B:2}"})
}

func TestRunningACellAgainKeepsItsTypes(t *testing.T) {
	def := step{"type T struct{ N int }\nfunc (t *T) Inc() { t.N++ }", "-"}
	run(t, def, step{"v := &T{}", "-"}, def, step{"v.Inc()\nvar w *T = v\nw.N", "= 1"})
}

func TestCompileErrorsChangeNothing(t *testing.T) {
	run(t, step{"x := 1", "-"}, step{"x = 2\ny := undefinedName", "! In[2]:2:6: undefined: undefinedName"}, step{"x", "= 1"}, step{"y", "! undefined: y"},
		step{"x = \"s\"", "! cannot use \"s\" (untyped string constant) as int value in assignment"}, step{"fmt.Println(\"a\"", "! syntax error"},
		step{"func same() {}\nfunc same() {}", "! redeclared"}, step{"import \"no/such\"", "! no/such"}, step{"if true { unused := 1 }", "! declared and not used: unused"}, step{"x", "= 1"})
}

func TestPanics(t *testing.T) {
	run(t, step{"fmt.Println(\"one\")\nfmt.Println(\"two\")\npanic(\"boom\")", "> one\n> two\n! In[1]:3:1: panic: boom"}, step{"fmt.Println(\"alive\")", "> alive"},
		step{"xs := []int{1, 2, 3}\ni := 5\nxs[i]", "! index out of range [5] with length 3"}, step{"var m map[string]int\nm[\"a\"] = 1", "! assignment to entry in nil map"},
		step{"z := 0\n1 / z", "! integer divide by zero"}, step{"var p *struct{ X int }\np.X", "! nil pointer dereference"}, step{"os.Exit(3)", "! exit status 3"}, step{"log.SetOutput(io.Discard)\nlog.Fatal(\"x\")", "! exit status 1"},
		step{"func rec(n int) int { return rec(n+1) + 1 }\nrec(0)", "! stack overflow"}, step{"go func() { panic(\"in a goroutine\") }()\ntime.Sleep(50 * time.Millisecond)", "-"}, step{"runtime.Goexit()", "-"}, step{"1 + 1", "= 2"})
}

func TestUnreadErrors(t *testing.T) {
	run(t, step{"n, err := strconv.Atoi(\"x\")\nfmt.Println(\"never\")", "! In[1]:1:"}, step{"n, err := strconv.Atoi(\"x\")\nif err != nil { fmt.Println(\"seen\") }", "> seen"},
		step{"n, err := strconv.Atoi(\"12\")\nn", "= 12"}, step{"err := errors.New(\"kept\")", "-"}, step{"err.Error()", "= \"kept\""})
}

func TestGoThatIsEasyToGetWrong(t *testing.T) {
	run(t, step{"var fs []func() int\nfor i := 0; i < 3; i++ { fs = append(fs, func() int { return i }) }\nfor _, f := range fs { fmt.Print(f(), \" \") }", "> 0 1 2 "},
		step{"for i := range 3 { fmt.Print(i) }", "> 012"}, step{"for i := 0; ; i++ {\n\tif i > 2 { break }\n\tfmt.Print(i)\n}", "> 012"},
		step{"for ; ; {\n\tbreak\n}\nif x := 5; x > 4 { fmt.Print(x) } else if y := x; y > 1 { fmt.Print(y) }; fmt.Print(\"!\")", "> 5!"}, step{"switch x := 2; { case x > 1: fmt.Print(\"big\") }", "> big"}, step{"func Map[A, B any](xs []A, f func(A) B) (ys []B) {\n\tfor _, x := range xs { ys = append(ys, f(x)) }\n\treturn\n}", "-"},
		step{"Map([]int{1, 2}, func(i int) string { return fmt.Sprint(i * i) })", "= [1 4]"}, step{"slices.Sorted(maps.Keys(map[string]int{\"b\": 1, \"a\": 2}))", "= [a b]"},
		step{"type A struct{ X int }\ntype B struct{ X int }\nvar v any = A{1}\n_, isB := v.(B)\nisB", "= false"}, step{"fmt.Printf(\"%T %+v\\n\", v, v)", "> main.A {X:1}"},
		step{"func (a A) String() string { return \"an A\" }\nfmt.Println([]any{A{1}})", "> [an A]"}, step{"b, _ := json.Marshal(map[string]any{\"k\": A{2}})\nstring(b)", "= \"{\\\"k\\\":{\\\"X\\\":2}}\""},
		step{"defer fmt.Println(\"last\")\nfmt.Println(\"first\")", "> first\n> last"})
}

func TestDisplayMethodsOfCellTypes(t *testing.T) {
	s := run(t, step{"type H struct{ s string }\nfunc (h H) HTML() string { return \"<b>\" + h.s + \"</b>\" }", "-"})
	r := s.Execute(Request{Code: "H{\"x\"}", Count: 2, Out: &sink{}})
	if r.Value == nil || r.Value.Data["text/html"] != "<b>x</b>" || r.Value.Data["text/plain"] == nil {
		t.Errorf("%v %v", r.Value, r.Err)
	}
}

func TestInterruptLeavesEverythingUsable(t *testing.T) {
	s := run(t, step{"func add(a, b int) int { return a + b }\nn := 0\ninc := func() int { n++; return n }", "-"})
	for round := range 3 {
		for _, code := range []string{"for {\n}", "time.Sleep(time.Hour)", "<-make(chan int)", "select {}", "var mu sync.Mutex\nmu.Lock()\nmu.Lock()",
			"sort.Slice(make([]int, 100), func(i, j int) bool { for { }; return false })", "func spin() { defer func() { recover() }(); for { } }\nfor { spin() }"} {
			done, o := make(chan Result), &sink{}
			go func() { done <- s.Execute(Request{Code: "fmt.Print(\"runs\")\n" + code, Count: 9, Out: o}) }()
			for o.text() == "" { // the cell has begun
				time.Sleep(time.Millisecond)
			}
			time.Sleep(30 * time.Millisecond) // most often it is where it stays
			s.Interrupt()
			select {
			case r := <-done:
				if r.Err == nil || !r.Err.Interrupted {
					t.Errorf("%q: %v", code, r.Err)
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("%q was not interrupted", code)
			}
		}
		o := &sink{}
		if r := s.Execute(Request{Code: "fmt.Println(add(2, 3), inc())", Count: 10, Out: o}); r.Err != nil || o.text() != fmt.Sprintln(5, round+1) {
			t.Fatalf("after the interrupts: %q %v", o.text(), r.Err)
		}
	}
}

func TestStrangeSources(t *testing.T) {
	s := fresh(t)
	for name, code := range map[string]string{"deep": "x := " + strings.Repeat("(", 100000) + "1" + strings.Repeat(")", 100000), "zero": "\x00", "not UTF-8": "\"\xff\"", "half": "func (", "mark": "\ufeff1"} {
		s.Execute(Request{Code: code, Count: 1, Out: &sink{}})
		if r := s.Execute(Request{Code: "1 + 1", Count: 2, Out: &sink{}}); r.Value == nil {
			t.Errorf("after %s: %v", name, r.Err)
		}
	}
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, "v%d := %d\n", i, i)
	}
	if r := s.Execute(Request{Code: b.String() + "v999", Count: 3, Out: &sink{}}); r.Err != nil || r.Value.Data["text/plain"] != "999" {
		t.Errorf("a thousand variables: %v", r.Err)
	}
}

func TestComplete(t *testing.T) {
	s := run(t, step{"type Point struct{ X, Y int }\nfunc (p Point) Norm() int { return 0 }\nlongName := Point{}", "-"})
	for code, want := range map[string]string{"strings.ToUpp": "ToUpper", "longNa": "longName", "longName.No": "Norm", "longName.": "X", "fmt.Sprin": "Sprintf", "pan": "panic", "ret": "return", "time.Now().Ye": "Year",
		"Point{X: 1}.N": "Norm", "strin": "strings", "var q []string\nq": "q"} {
		c := s.Complete(code, len(code))
		found := false
		for _, m := range c.Matches {
			found = found || m.Text == want
		}
		if !found {
			t.Errorf("%q: %d matches without %s", code, len(c.Matches), want)
		}
	}
	for _, code := range []string{"// strings.To", "\"strings.To"} {
		if c := s.Complete(code, len(code)); len(c.Matches) > 0 {
			t.Errorf("%q: %d matches inside text", code, len(c.Matches))
		}
	}
}

func TestInspect(t *testing.T) {
	s := run(t, step{"func twice(x int) int { return 2 * x }\nn := 3", "-"})
	for code, want := range map[string]string{"strings.Cut": "Cut slices s around", "twice": "func twice(x int) int", "n": "var n int", "fmt": "package fmt", "strings.NewReader(\"\").Len": "Len returns", "len": "builtin len"} {
		b, ok := s.Inspect(code, len(code), 0)
		text, _ := b.Data["text/plain"].(string)
		if !ok || !strings.Contains(text, want) {
			t.Errorf("%q: %q, want %q", code, text, want)
		}
	}
	s = run(t, step{"x := 1; // apart\n// Half halves.\n// It is exact.\nfunc Half(v float64) float64 {\n\treturn v / 2\n}", "-"})
	b, _ := s.Inspect("Half", 4, 0)
	if want := "```go\nfunc Half(v float64) float64\n```\n\nHalf halves.\nIt is exact.\n\n```go\nfunc Half(v float64) float64 {\n\treturn v / 2\n}\n```"; b.Data["text/markdown"] != want {
		t.Errorf("%q, want %q", b.Data["text/markdown"], want)
	}
	if _, ok := s.Inspect("noSuchName", 4, 0); ok {
		t.Error("a name that does not exist is found")
	}
	if r := s.Execute(Request{Code: "strings.Cut?", Count: 1, Out: &sink{}}); r.Page == nil {
		t.Errorf("no page: %v", r.Err)
	}
}

func TestIsComplete(t *testing.T) {
	s := fresh(t)
	for code, want := range map[string]string{"1 + 1": "complete", "for {": "incomplete", "f(1,": "incomplete", "s := `a": "incomplete", "x := )": "invalid", "x +": "incomplete", "func f() {\n}": "complete", "strings.Cut?": "complete", "": "complete"} {
		if got, _ := s.IsComplete(code); got != want {
			t.Errorf("%q: %s, want %s", code, got, want)
		}
	}
	if _, indent := s.IsComplete("if true {\n\tfor {"); indent != "\t\t" {
		t.Errorf("indent %q", indent)
	}
}

func TestEvaluate(t *testing.T) {
	s := run(t, step{"x := 5", "-"})
	if b, err := s.Evaluate("x * 2", &sink{}); err != nil || b.Data["text/plain"] != "10" {
		t.Errorf("%v %v", b, err)
	}
	if _, err := s.Evaluate("nope", &sink{}); err == nil {
		t.Error("an unknown name has a value")
	}
}

func BenchmarkTrivialCell(b *testing.B) {
	s := fresh(b)
	for b.Loop() {
		s.Execute(Request{Code: "1 + 1", Count: 1, Out: &sink{}})
	}
}

func BenchmarkComplete(b *testing.B) {
	s := fresh(b)
	for b.Loop() {
		s.Complete("strings.ToUp", 12)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		fresh(b)
	}
}

func TestAPlaceInOneNumber(t *testing.T) {
	for _, c := range [][3]int{{0, 1, 1}, {1, 1<<lineBits - 1, 1<<columnBits - 1}, {1 << 20, 12, 34}} {
		if cell, line, col := unpacked(packed(c[0], c[1], c[2])); [3]int{cell, line, col} != c {
			t.Errorf("%v became %d %d %d", c, cell, line, col)
		}
	}
	if cell, line, col := unpacked(packed(7, 1<<30, 1<<30)); cell != 7 || line != 1<<lineBits-1 || col != 1<<columnBits-1 {
		t.Errorf("a place too far out became %d %d %d", cell, line, col)
	}
}

func TestSyntaxErrorsLieInTheCell(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{"for i := 0; i < 3; i++ {", "1:25: syntax error: the cell ends too early: expected '}'"},
		{"func f() {\n\tx := 1\n\n", "2:8: syntax error: the cell ends too early"},
		{"x = 1 +", "1:8: syntax error: the cell ends too early: expected operand"},
		{"1\n}", "2:1: syntax error: unexpected '}'"},
		{"/* open\n1", "1:1: syntax error: comment not terminated"},
		{"@#$", "1:1: syntax error: illegal character U+0040 '@'"},
		{"fmt.Println(\"a\"", "1:16: syntax error: missing ',' before newline in argument list"},
	} {
		res := fresh(t).Execute(Request{Code: c.code, Count: 3, Out: &sink{}})
		if res.Err == nil || res.Err.Value != "In[3]:"+c.want {
			t.Errorf("%q: %v, want %s", c.code, res.Err, c.want)
			continue
		}
		for _, l := range res.Err.Traceback[1:] {
			if strings.HasPrefix(l, "In[") {
				t.Errorf("%q: one mistake, two messages: %q", c.code, res.Err.Traceback)
			}
		}
	}
}

func TestANilPointerInAFunctionHasItsLine(t *testing.T) {
	s := run(t, step{"type node struct{ next *node; v int }\nfunc f(n *node) int {\n\ts := 1\n\ts += n.next.v\n\treturn s\n}", ""})
	res := s.Execute(Request{Code: "f(&node{})", Count: 9, Out: &sink{}})
	if res.Err == nil || !strings.Contains(res.Err.Value, ":4:7: panic: runtime error: invalid memory address or nil pointer dereference") {
		t.Errorf("%+v", res.Err)
	}
}

func TestAMethodOfAnEarlierGenericTypeAndAValue(t *testing.T) {
	run(t, step{"type box[T any] struct{ v T }", ""}, step{"func (b box[T]) Get() T { return b.v }\nbox[string]{\"q\"}.Get()", `= "q"`},
		step{"func (b *box[T]) Set(v T) { b.v = v }\nb := box[int]{1}\nb.Set(5)\nb.Get()", "= 5"})
}

func TestAConstantThatNoIntHolds(t *testing.T) {
	run(t, step{"const big = 1 << 70\nbig", "! cannot use big (untyped int constant 1180591620717411303424) as int value (overflows)"}, step{"1 << 62", "= 4611686018427387904"},
		step{"const size = 1 << 70\nsize >> 60", "= 1024"})
}

func TestAnImportWinsOverAnEarlierName(t *testing.T) {
	run(t, step{"strings := []string{\"a\"}\nstrings[0]", "= \"a\""}, step{"import \"strings\"\nstrings.ToUpper(\"b\")", "= \"B\""},
		step{"strings.ToUpper(\"c\")", "= \"C\""}, step{"strings := 1\nstrings", "= 1"}, step{"strings + 1", "= 2"})
}

// A function that no longer fits what a cell redefines keeps working with the old; that is said, once.
func TestWhatNoLongerFitsIsNamed(t *testing.T) {
	s := fresh(t)
	for i, c := range []struct{ code, note string }{
		{"func h(x int) int { return x + 1 }\nfunc f() int { return h(1) }", ""},
		{"func h(x int) int { return x + 2 }", ""},
		{"func h(x string) string { return x }", "note: f goes on with what it was compiled with, for now: In[1]:2:25: cannot use "},
		{"f()", ""},
		{"func f() string { return h(\"a\") }", ""},
		{"y := 5\nfunc g() int { return y * 2 }", ""},
		{"y := \"text\"", "note: g goes on with what it was compiled with, for now: In[6]:2:"},
		{"type T struct{ A int }\nfunc (t T) Get() int { return t.A }", ""},
		{"type T struct{ B int }", "note: T.Get goes on with what it was compiled with, for now: In[8]:2:"},
	} {
		o := &sink{}
		if r := s.Execute(Request{Code: c.code, Count: i + 1, Out: o}); r.Err != nil {
			t.Fatalf("%s: %v", c.code, r.Err)
		}
		if c.note == "" && o.err != "" || !strings.HasPrefix(o.err, c.note) || strings.Count(o.err, "\n") != min(1, len(c.note)) {
			t.Errorf("%s: %q, want %q", c.code, o.err, c.note)
		}
	}
}
