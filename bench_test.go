package main

import (
	"strings"
	"testing"

	"lyceum/lib/bench"
)

func TestBenchRefusesWhatItCannotDo(t *testing.T) {
	for _, args := range [][]string{{"gem"}, {"--precision", "fp8"}, {"--against", "matlab"}, {"--rounds", "-1"}, {"--rounds", "many"}, {"--nonsense"}} {
		if code := runBench(args); code != 2 {
			t.Errorf("bench %v ends with %d, want 2", args, code)
		}
	}
	if code := runBench([]string{"--against", "python=/nowhere/python", "peak"}); code != 1 {
		t.Errorf("bench without the Python asked for ends with %d, want 1", code)
	}
}

func TestBenchLine(t *testing.T) {
	line := benchLine(bench.Figure{Name: "smol/step/bf16", TokS: 640.25, GFlops: 500, OfPeak: 0.5, RSSMB: 1999.6, Against: "torch", Ratio: 2.5, RSSRatio: 0.5})
	if got := strings.Join(strings.Fields(line), " "); got != "smol/step/bf16 640.2 500.0 50.0% 2000 2.50 0.50 torch" {
		t.Error(got)
	}
}
