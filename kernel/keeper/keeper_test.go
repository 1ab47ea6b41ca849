package keeper

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func book(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func numbers(ps []Pending) []int {
	out := []int{}
	for _, p := range ps {
		out = append(out, p.Number)
	}
	return out
}

func pending(i int) Pending {
	return Pending{Channel: "shell", Type: "execute_request", Identities: [][]byte{{0, byte(i)}}, Header: []byte(fmt.Sprintf(`{"msg_id":"%d"}`, i))}
}

func TestTheLedgerSaysWhatWaits(t *testing.T) {
	f := book(t)
	l := &Line{ledger: newLedger(f)}
	if w := readLedger(f); w.asked || w.count != 0 || len(w.waiting) != 0 {
		t.Errorf("an empty ledger: %+v", w)
	}
	for i := 1; i <= 5; i++ {
		if n := l.Began(pending(i)); n != i {
			t.Fatalf("request %d has the number %d", i, n)
		}
	}
	l.Count(7)
	l.Ended(2)
	l.Ended(4)
	l.Ended(4) // twice, and one that never came
	l.Ended(99)
	w := readLedger(f)
	if want := []int{1, 3, 5}; !w.asked || w.count != 7 || !reflect.DeepEqual(numbers(w.waiting), want) {
		t.Errorf("%+v, want %v to wait", w, want)
	}
	if p := w.waiting[1]; p.Type != "execute_request" || string(p.Header) != `{"msg_id":"3"}` || string(p.Identities[0]) != "\x00\x03" {
		t.Errorf("request 3 came back as %+v", p)
	}
	for _, n := range []int{1, 3, 5} {
		l.Ended(n)
	}
	if st, _ := f.Stat(); st.Size() != ledgerHead {
		t.Errorf("nothing waits, and the ledger has %d bytes", st.Size())
	}
	l.Fatal("fatal error: one")
	l.Fatal("fatal error: two\n")
	if w := readLedger(f); w.fatal != "fatal error: two\n" {
		t.Errorf("the fault is %q", w.fatal)
	}
	for range 2 * ledgerMost / 20 {
		l.Fatal("fatal error: many times")
	}
	if l.ledger.end > 2*ledgerMost {
		t.Errorf("the file has %d bytes", l.ledger.end)
	}
	l.ledger.clear()
	if w := readLedger(f); !w.asked || w.count != 7 || len(w.waiting) != 0 {
		t.Errorf("all answered: %+v", w)
	}
}

// One cell runs for hours and thousands of others are answered meanwhile: the file stays small.
func TestTheLedgerStaysSmall(t *testing.T) {
	f := book(t)
	l := &Line{ledger: newLedger(f)}
	long := l.Began(pending(0))
	most := int64(0)
	for i := range 20000 {
		l.Ended(l.Began(pending(i)))
		if i%500 == 0 {
			st, _ := f.Stat()
			most = max(most, st.Size())
		}
	}
	if most > 2*ledgerMost {
		t.Errorf("the ledger grew to %d bytes", most)
	}
	if w := readLedger(f); !reflect.DeepEqual(numbers(w.waiting), []int{long}) {
		t.Errorf("%v wait", numbers(w.waiting))
	}
}

// The kernel can die in the middle of a note.
func TestACutLedgerIsRead(t *testing.T) {
	f := book(t)
	l := &Line{ledger: newLedger(f)}
	l.Began(pending(1))
	l.Began(pending(2))
	st, _ := f.Stat()
	for size := st.Size(); size >= 0; size-- {
		if err := f.Truncate(size); err != nil {
			t.Fatal(err)
		}
		for i, p := range readLedger(f).waiting {
			if p.Number != i+1 || p.Type != "execute_request" {
				t.Fatalf("%d bytes: %+v", size, p)
			}
		}
	}
}

func TestWithoutAKeeperNothingHappens(t *testing.T) {
	var l *Line
	l.Ready()
	l.Count(3)
	l.Ended(l.Began(pending(1)))
	l.Bye()
	if _, ok := l.Errors(); ok {
		t.Error("there is a pipe for errors")
	}
}
