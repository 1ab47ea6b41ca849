package session

import "testing"

func TestDeclarationsOfACellAreInitializedAsInAPackage(t *testing.T) {
	s := fresh(t)
	run := func(code, want string) {
		t.Helper()
		out := &sink{}
		r := s.Execute(Request{Code: code, Count: 1, Out: out})
		if r.Err != nil {
			t.Fatalf("%s: %v", code, r.Err)
		}
		if got := out.text(); got != want {
			t.Errorf("%s: printed %q, want %q", code, got, want)
		}
	}
	run("var sum = a + b\nvar a, b = f(), 2\nfunc f() int { return c }\nvar c = 5\nfunc init() { fmt.Println(\"init\", sum) }", "init 7\n")
	run("x := 1\nvar y = x + 1\nx = 10\nvar z = x + y\nfmt.Println(y, z)", "2 12\n")
	run("func init() { fmt.Println(\"second\") }\nfmt.Println(\"third\")\nvar first = func() int { fmt.Println(\"last\"); return 1 }()", "second\nthird\nlast\n")
}

func TestExitZeroEndsACellWell(t *testing.T) {
	s := fresh(t)
	out := &sink{}
	if r := s.Execute(Request{Code: "fmt.Println(1)\nos.Exit(0)\nfmt.Println(2)", Count: 1, Out: out}); r.Err != nil || out.text() != "1\n" {
		t.Errorf("%v, printed %q", r.Err, out.text())
	}
	if r := s.Execute(Request{Code: "os.Exit(3)", Count: 2, Out: out}); r.Err == nil {
		t.Error("exit status 3 is no error")
	}
}
