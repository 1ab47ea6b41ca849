package session

import (
	"strings"
	"testing"
	"time"

	"lyceum/lib/memory"
)

func TestACellThatTakesTheMemoryIsStopped(t *testing.T) {
	s := fresh(t)
	s.short = func(used int64) string {
		if used < 600<<20 {
			return ""
		}
		return "out of memory: as a test has it"
	}
	do := func(code string) Result {
		t.Helper()
		return s.Execute(Request{Code: code, Count: 2, Out: &sink{}})
	}
	// Garbage alone is no reason.
	if r := do("kept := 1\nfor range 300 { b := make([]byte, 8<<20); b[0] = 1 }"); r.Err != nil {
		t.Fatalf("garbage: %v", r.Err.Value)
	}
	began := time.Now()
	r := do("var all [][]byte\nfor {\n\tall = append(all, make([]byte, 4<<20))\n}")
	if r.Err == nil || !strings.Contains(r.Err.Value, "In[2]:2:1: panic: out of memory: as a test has it") {
		t.Fatalf("a slice that grows for ever: %v", r.Err)
	}
	if d := time.Since(began); d > time.Minute {
		t.Errorf("after %v", d)
	}
	if r := do("all = nil\nkept + 1"); r.Err != nil || r.Value.Data["text/plain"] != "2" {
		t.Errorf("afterwards: %v", r.Err)
	}
}

// Finding out takes a collection, within which the cell can end; the next one must not pay for it.
func TestAWatchDoesNotStopTheNextCell(t *testing.T) {
	s := fresh(t)
	asked, release := make(chan bool, 100), make(chan bool)
	s.short = func(int64) string {
		asked <- true
		<-release
		return "out of memory: as a test has it"
	}
	do := func(code string) *Error {
		return s.Execute(Request{Code: code, Count: 2, Out: &sink{}}).Err
	}
	first := make(chan *Error, 1)
	go func() {
		first <- do("b := make([]byte, 512<<20)\nfor i := 0; i < len(b); i += 4096 { b[i] = 1 }\ntime.Sleep(300 * time.Millisecond)")
	}()
	<-asked
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	go func() {
		for range 2 {
			release <- true
			time.Sleep(20 * time.Millisecond)
		}
	}()
	if err := do("b = nil\ntime.Sleep(500 * time.Millisecond)"); err != nil {
		t.Errorf("the next cell: %v", err)
	}
}

func TestMakeOfMoreThanTheMachineHas(t *testing.T) {
	if memory.Most() == 0 {
		t.Skip("this system decides itself")
	}
	run(t, step{"kept := 1", "-"}, step{"b := make([]byte, 1<<46)", "! panic: runtime error: out of memory: make asks for 64 TB, the machine has "},
		step{"n := 1 << 43\nf := make([]float64, n)", "! In[3]:2:1: panic: runtime error: out of memory: make asks for 64 TB"},
		step{"type wide [1 << 20]byte\nw := make([]wide, 0, n*8/1024/1024)", "! out of memory: make asks for 64 TB"}, step{"kept", "= 1"})
}

func TestGoroutinesWithoutEnd(t *testing.T) {
	run(t, step{"kept := 1", "-"}, step{"for { go func() { select {} }() }", "! goroutines are running, whose stacks exceed the limit"}, step{"kept", "= 1"})
}

func TestMemoryIsShortOnlyForWhoHasIt(t *testing.T) {
	total := memory.Total()
	if total == 0 {
		t.Skip("not known on this system")
	}
	if why := short(total / 8); why != "" {
		t.Errorf("an eighth of the memory: %s", why)
	}
	if free := memory.Available(); free > total/8 {
		if why := short(total / 2); why != "" {
			t.Errorf("with %d bytes available: %s", free, why)
		}
	}
}

func TestPanicsInGoroutinesThatCompiledCodeStarts(t *testing.T) {
	run(t, step{"kept := 1", "-"},
		step{"var wg sync.WaitGroup\nfor i := range 3 { wg.Go(func() { if i == 1 { panic(\"in wg\") }; fmt.Println(\"good\") }) }\nwg.Wait()", "> good\n> good"},
		step{"t := time.AfterFunc(time.Millisecond, func() { panic(\"in a timer\") })\ntime.Sleep(50 * time.Millisecond)\nt.Stop()", "= false"},
		step{"ctx, cancel := context.WithCancel(context.Background())\ncontext.AfterFunc(ctx, func() { var m map[string]int; m[\"a\"] = 1 })\ncancel()\ntime.Sleep(50 * time.Millisecond)", "-"},
		step{"kept", "= 1"})
}

func TestOutputOfATimerBelongsToItsCell(t *testing.T) {
	s := fresh(t)
	first, second := &sink{}, &sink{}
	s.Execute(Request{Code: "release, done := make(chan bool), make(chan bool)\ntime.AfterFunc(time.Millisecond, func() { <-release; fmt.Println(\"late\"); close(done) })", Count: 1, Out: first})
	s.Execute(Request{Code: "close(release)\n<-done", Count: 2, Out: second})
	if first.text() != "late\n" || second.text() != "" {
		t.Errorf("%q, and the next cell %q", first.text(), second.text())
	}
}
