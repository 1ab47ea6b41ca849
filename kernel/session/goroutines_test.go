package session

import (
	"strings"
	"testing"
	"time"
)

// A goroutine that panics says where: the line of the fault, and the calls that led there, without the frames of panics that
// were recovered from before.
func TestPanicInGoroutineHasItsPlace(t *testing.T) {
	s := fresh(t)
	for i, c := range []struct{ code, want string }{
		{"import \"time\"\nfunc boom(n int) {\n\tvar p []int\n\t_ = p[n]\n}\ngo func() {\n\tboom(3)\n}()",
			"panic in a goroutine: runtime error: index out of range [3] with length 0\n  at In[1]:4:6\n  at In[1]:7:2\n"},
		{"go boom(4)", "panic in a goroutine: runtime error: index out of range [4] with length 0\n  at In[1]:4:6\n  at In[2]:1:4\n"},
		{"func old() { defer func() { recover() }(); var m map[int]int; m[1] = 1 }\nzero := 0\ngo func() {\n\tfor i := 0; i < 300; i++ {\n\t\told()\n\t}\n\tzero = 1 / zero\n}()",
			"panic in a goroutine: runtime error: integer divide by zero\n  at In[3]:7:9\n"},
		{"time.AfterFunc(time.Millisecond, func() {\n\tboom(5)\n})",
			"panic in a goroutine: runtime error: index out of range [5] with length 0\n  at In[1]:4:6\n  at In[4]:2:2\n"},
		{"import \"os\"\ngo os.Exit(3)", "a goroutine asked the process to end (exit status 3); the kernel lives on\n"},
	} {
		o := &sink{}
		if r := s.Execute(Request{Code: c.code, Count: i + 1, Out: o}); r.Err != nil {
			t.Fatalf("%s: %v", c.code, r.Err.Value)
		}
		got := ""
		for end := time.Now().Add(time.Minute); time.Now().Before(end) && got != c.want; time.Sleep(time.Millisecond) {
			o.mu.Lock()
			got = o.err
			o.mu.Unlock()
		}
		if got != c.want {
			t.Errorf("cell %d: got %q, want %q", i+1, got, c.want)
		}
	}
}

// What a cell recovered from is not in the traceback of the panic that ends it.
func TestRecoveredPanicsLeaveNoFrames(t *testing.T) {
	s := run(t, step{"func old() { defer func() { recover() }(); var m map[int]int; m[1] = 1 }", "-"})
	r := s.Execute(Request{Code: "for i := 0; i < 300; i++ {\n\told()\n}\nzero := 0\nzero = 1 / zero", Count: 2, Out: &sink{}})
	if r.Err == nil || strings.Contains(strings.Join(r.Err.Traceback, "\n"), "In[1]") {
		t.Errorf("traceback %q", r.Err)
	}
}
