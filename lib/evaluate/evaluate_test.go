package evaluate

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"lyceum/lib/datasets"
	"lyceum/lib/zoo"
)

func TestWilson(t *testing.T) {
	// Values of the formula worked out by hand for 8 of 10, and the ends.
	lo, hi := Wilson(8, 10)
	if math.Abs(lo-0.4902) > 1e-4 || math.Abs(hi-0.9433) > 1e-4 {
		t.Errorf("8 of 10: %.4f to %.4f", lo, hi)
	}
	if lo, hi := Wilson(0, 20); lo != 0 || math.Abs(hi-0.1611) > 1e-4 {
		t.Errorf("0 of 20: %v to %v", lo, hi)
	}
	if lo, hi := Wilson(0, 0); lo != 0 || hi != 1 {
		t.Errorf("nothing is known: %v to %v", lo, hi)
	}
}

func TestRight(t *testing.T) {
	for answer, want := range map[string]bool{"Dora lives in Tarn.": true, "tarn": true, "Dora lives in Tarnish.": false, "Where is Tarn?": false,
		"Tarn. Tarn. Tarn.": false, "": false, "one two three four five six seven eight nine ten eleven twelve Tarn": false} {
		if Right(answer, "Tarn") != want {
			t.Errorf("%q: %v", answer, !want)
		}
	}
}

func TestCompare(t *testing.T) {
	base := zoo.Base()
	c := Compare(base, base.Clone("<again>"), datasets.HeldOut(5))
	if c.Correct[0] != c.Correct[1] || len(c.Answers[0]) != 5 || c.Answers[0][3] != c.Answers[1][3] {
		t.Errorf("the same model twice: %v", c)
	}
	if h := c.HTML(); !strings.Contains(h, "&lt;again&gt;") || strings.Contains(h, "<again>") {
		t.Error("names are not escaped")
	}
	if _, err := c.Plot().PNG(); err != nil {
		t.Error(err)
	}
	var out []map[string]any
	if b, err := c.Report(); err != nil || json.Unmarshal(b, &out) != nil || len(out) != 2 || out[0]["N"] != 5.0 {
		t.Errorf("%v %v", out, err)
	}
}

func TestMeasureInALine(t *testing.T) {
	before, after := Share("before", 8, 10), Share("after", 95, 100)
	if got, want := before.String(), "before: 80.0% (95% interval 49.0% to 94.3%), n = 10"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if low := Share("low", 2, 100); !after.Above(low) || low.Above(after) || after.Above(before) {
		t.Error("2 of 100 is below 95 of 100, and 8 of 10 is not")
	}
	if known := number("loss", 1.5, 3); known.Above(before) || before.Above(known) || known.String() != "loss: 1.5, n = 3" {
		t.Errorf("%v has no interval", known)
	}
}
