package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// A sample is the answer to one "run" on the line between the processes. The peer script writes the same.
type sample struct {
	Ready   bool    `json:"ready,omitempty"` // the first line: all is prepared
	Seconds float64 `json:"s"`               // of one run
	RSSMB   float64 `json:"rss_mb"`
	Error   string  `json:"error,omitempty"`
	Machine *Machine
}

// roundTime is how long the runs of a round take together, at least, where one is short.
const roundTime = 100 * time.Millisecond

// Serve is the process of one figure: it prepares, warms up, and for each line that it reads makes a round and writes a line
// of JSON. The case "machine" measures the machine instead. It returns at the end of input.
func Serve(name string, quick bool, in io.Reader, out io.Writer) error {
	enc := json.NewEncoder(out)
	if name == "machine" {
		m := MeasureMachine()
		return enc.Encode(sample{Ready: true, Machine: &m})
	}
	c, err := find(name, quick)
	if err != nil {
		return err
	}
	run, err := c.open()
	if err != nil {
		return err
	}
	times := warm(run, c.once, quick)
	if err := enc.Encode(sample{Ready: true}); err != nil {
		return err
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		begun := time.Now()
		for range times {
			run()
		}
		s := sample{Seconds: time.Since(begun).Seconds() / float64(times), RSSMB: peakRSS()}
		if err := enc.Encode(s); err != nil {
			return err
		}
	}
	return nil
}

func find(name string, quick bool) (Case, error) {
	for _, c := range everything(sizesOf(quick)) {
		if c.Name == name {
			return c, nil
		}
	}
	return Case{}, fmt.Errorf("there is no figure %q", name)
}

// warmEnough is after how long a first run needs no second one.
const warmEnough = 3 * time.Second

// warm makes the first runs, which take memory from the system, and says how many runs make a round.
func warm(run func(), once, quick bool) int {
	begun := time.Now()
	run()
	if time.Since(begun) < warmEnough {
		run()
	}
	if once || quick {
		return 1
	}
	for times := 1; ; times *= 2 {
		begun := time.Now()
		for range times {
			run()
		}
		if d := time.Since(begun); d > roundTime/4 || times >= 1<<24 {
			return max(1, int(float64(times)*float64(roundTime)/float64(d)))
		}
	}
}
