package session

import (
	"strings"
	"testing"
)

func TestMagicsAreSaidToBeIPythons(t *testing.T) {
	s := fresh(t)
	for code, want := range map[string]bool{
		"%%time\n1+1": true, "%matplotlib inline": true, "!ls": true, "x := 1\n!pip install torch\nx": true,
		"!(a && b)": false, "!x == y": false, "undefinedName": false, "7 %": false,
	} {
		r := s.Execute(Request{Code: code, Count: 1, Out: &sink{}})
		if r.Err == nil || strings.Contains(strings.Join(r.Err.Traceback, "\n"), "IPython's") != want {
			t.Errorf("%q: %v, want the hint: %v", code, r.Err, want)
		}
	}
}

func TestTheGoCommandIsNotForCells(t *testing.T) {
	s := fresh(t)
	for code, want := range map[string]bool{
		"go get github.com/a/b": true, "%go get github.com/a/b": true, "!go mod tidy": true, "go getIt": false, "x := 1\ngo get(": false,
	} {
		r := s.Execute(Request{Code: code, Count: 1, Out: &sink{}})
		if r.Err == nil || strings.Contains(strings.Join(r.Err.Traceback, "\n"), "no packages can be added") != want {
			t.Errorf("%q: %v, want the hint: %v", code, r.Err, want)
		}
	}
}
