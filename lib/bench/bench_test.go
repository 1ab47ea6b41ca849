package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test's own program be the process of a figure, as the command is.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "serve-figure" {
		if err := Serve(os.Args[2], true, os.Stdin, os.Stdout); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func self(t *testing.T) []string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{exe, "serve-figure"}
}

func TestEveryFigureRunsAndIsPlausible(t *testing.T) {
	seen := map[string]bool{}
	err := Run(t.Context(), Options{Groups: Groups, Quick: true, Rounds: 2, Self: self(t)}, func(f Figure) error {
		text, err := json.Marshal(f)
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		for _, key := range []string{`"name"`, `"tok_s"`, `"gflops"`, `"of_peak"`, `"rss_mb"`} {
			if !bytes.Contains(text, []byte(key)) {
				t.Errorf("%s: no %s in %s", f.Name, key, text)
			}
		}
		if seen[f.Name] {
			t.Errorf("%s is there twice", f.Name)
		}
		seen[f.Name] = true
		if f.TokS+f.GFlops+f.NsElement+f.GBs <= 0 || f.OfPeak < 0 || math.IsInf(f.TokS, 0) {
			t.Errorf("%s says nothing: %s", f.Name, text)
		}
		if !strings.HasPrefix(f.Name, "peak/") && (f.Seconds <= 0 || f.RSSMB <= 1 || f.Rounds != 2) {
			t.Errorf("%s: %s", f.Name, text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	cases, _ := Cases(Groups, nil, true)
	for _, c := range cases {
		if !seen[c.Name] {
			t.Errorf("%s was not measured", c.Name)
		}
	}
}

func TestEveryGroupHasFigures(t *testing.T) {
	for _, g := range Groups {
		cases, err := Cases([]string{g}, nil, false)
		if err != nil || len(cases) == 0 && g != "peak" {
			t.Errorf("%s: %d figures, %v", g, len(cases), err)
		}
	}
}

func TestFiguresByTheBeginningOfTheirNames(t *testing.T) {
	cases, err := Cases([]string{"gpt/step/", "ops"}, []string{"float32"}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.Name != "gpt/step/float32" && c.Group != "ops" {
			t.Errorf("%s was not asked for", c.Name)
		}
	}
	if len(cases) < 5 {
		t.Errorf("%d figures", len(cases))
	}
	if _, err := Cases([]string{"gpt/stop"}, nil, false); err == nil {
		t.Error("no error for a name that nothing has")
	}
}

func TestWhatCountsAsWork(t *testing.T) {
	// SmolLM2-135M has 134,515,008 weights, of which 61 norms of 576 are in no product, and the table of embeddings is the
	// output layer. Attention: 12 * 30 layers * 576 * 2 * 256*257/2.
	want := 6*512*float64(134515008-61*576) + 12*30*576*2*256*257/2
	if got := smolShape.trainFlops(2, 256); got != want {
		t.Errorf("a step of the 135M model is %v operations, want %v", got, want)
	}
	if got := smolShape.weightBytes("bf16"); got != 2*(134515008-61*576) {
		t.Errorf("a token reads %v bytes", got)
	}
	for _, kind := range weightKinds {
		s := sizesOf(true)
		d, err := s.smol.decoder(kind)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := s.smol.weightBytes(kind), float64(d.WeightBytes()); math.Abs(got/want-1) > 0.05 {
			t.Errorf("%s: %v bytes, the decoder says %v", kind, got, want)
		}
	}
}

func TestRatios(t *testing.T) {
	c := Case{Name: "x", Work: Work{Tokens: 10, Flops: 4e9}}
	f := c.figure(2, 100, Machine{Float32: 8})
	f.compare(c, 5, 400)
	if f.TokS != 5 || f.GFlops != 2 || f.OfPeak != 0.25 || f.Ratio != 2.5 || f.RSSRatio != 0.25 || f.TheirTokS != 2 {
		t.Errorf("%+v", f)
	}
	bound := Case{Work: Work{Bytes: 10e9}, memoryBound: true}
	if got := bound.figure(0.5, 1, Machine{Float32: 8, Read: 40}).OfPeak; got != 0.5 {
		t.Errorf("share of the bandwidth %v, want 0.5", got)
	}
	if got := median([]float64{9, 1, 5}); got != 5 {
		t.Errorf("median %v", got)
	}
	if got := median([]float64{4, 1, 2, 9}); got != 3 {
		t.Errorf("median %v", got)
	}
}

// slow is a peer with two ways, of which the second is the better, and a third that cannot be started.
type slow struct{ closed int }

func (p *slow) close() { p.closed++ }
func (p *slow) ways(Case, Options) map[string]func(context.Context) (side, error) {
	way := func(seconds float64) func(context.Context) (side, error) {
		return func(context.Context) (side, error) { return fixed(seconds), nil }
	}
	return map[string]func(context.Context) (side, error){"plain": way(3), "tuned": way(2), "missing": func(context.Context) (side, error) {
		return nil, os.ErrNotExist
	}}
}

type fixed float64

func (f fixed) round() (sample, error) { return sample{Seconds: float64(f), RSSMB: 10}, nil }
func (fixed) close()                   {}

func TestTheBestWayOfThePeerIsQuoted(t *testing.T) {
	var got []Figure
	var notes []string
	p := &slow{}
	err := Run(t.Context(), Options{Groups: []string{"ops"}, Quick: true, Rounds: 3, Self: self(t), Against: []Peer{p}, Note: func(s string) { notes = append(notes, s) }},
		func(f Figure) error { got = append(got, f); return nil })
	if err != nil || len(got) == 0 {
		t.Fatal(err, got)
	}
	for _, f := range got {
		if f.Missing["missing"] == "" || len(f.Missing) != 1 {
			t.Errorf("%s: missing are %v", f.Name, f.Missing)
		}
		if f.Against != "tuned" || f.TheirS != 2 || f.Slower["plain"] != 3 || math.Abs(f.Ratio*f.Seconds-2) > 1e-9 {
			t.Errorf("%+v", f)
		}
	}
	if len(notes) != len(got) || p.closed != 1 {
		t.Errorf("%d notes for %d figures, closed %d times", len(notes), len(got), p.closed)
	}
}

func TestAnEndedContextEndsTheRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	begun := time.Now()
	err := Run(ctx, Options{Quick: true, Rounds: 1, Self: self(t)}, func(Figure) error {
		if n++; n == 6 {
			cancel()
		}
		return nil
	})
	if err == nil || n > 7 {
		t.Errorf("%v after %d figures and %v", err, n, time.Since(begun))
	}
}

func TestWhatCannotBeAskedFor(t *testing.T) {
	if _, err := Cases([]string{"gem"}, nil, true); err == nil || !strings.Contains(err.Error(), "gemm") {
		t.Error(err)
	}
	if _, err := Cases(nil, []string{"fp8"}, true); err == nil || !strings.Contains(err.Error(), "bf16") {
		t.Error(err)
	}
	if _, err := FindPython(t.Context(), "/nowhere/python"); err == nil || !strings.Contains(err.Error(), "pip install torch") {
		t.Error(err)
	}
	if _, err := FindLlama("/nowhere"); err == nil || !strings.Contains(err.Error(), "llama-batched-bench") {
		t.Error(err)
	}
}

func TestLlamaAnswersAreRead(t *testing.T) {
	one := &llamaWork{tool: "llama-bench"}
	if r, err := one.rate([]byte(`[{"n_gen": 64, "avg_ts": 81.5}]`)); err != nil || r != 81.5 {
		t.Error(r, err)
	}
	many := &llamaWork{tool: "llama-batched-bench"}
	if r, err := many.rate([]byte("noise\n{\"pp\": 32, \"tg\": 64, \"pl\": 16, \"t_pp\": 1.0, \"t_tg\": 3.0}\n")); err != nil || r != 256 {
		t.Error(r, err)
	}
	for _, w := range []*llamaWork{one, many} {
		if _, err := w.rate([]byte("nothing")); err == nil {
			t.Errorf("%s: no error", w.tool)
		}
	}
}

func TestTheFileForLlamaIsAsLongAsItSays(t *testing.T) {
	c := sizesOf(true).smol
	for _, weights := range weightKinds {
		path := t.TempDir() + "/m.gguf"
		if err := writeGGUF(path, c, weights); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(data, []byte("GGUF\x03\x00\x00\x00")) || len(data)%32 != 0 {
			t.Fatalf("%s: %d bytes, %v", weights, len(data), err)
		}
		w := &ggufWriter{}
		w.tensors(c, map[string]uint32{"float32": 0, "int8": 8, "bf16": 30}[weights])
		size, numbers := 0, 0
		for _, x := range w.list {
			size += (x.bytes() + 31) / 32 * 32
			numbers += x.elements()
		}
		if numbers != c.NumParams() || len(data) < size || len(data) > size+10000 {
			t.Errorf("%s: %d numbers of %d, %d bytes for %d", weights, numbers, c.NumParams(), len(data), size)
		}
	}
}

func TestTrainersStopAtAnError(t *testing.T) {
	l := lesson{method: "dpo", rows: 1, gather: 1, length: 8} // a prompt fills the rows
	run, err := l.open(sizesOf(true).smol, "float32")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), "MaxLength 8") {
			t.Errorf("%v", err)
		}
	}()
	run()
}

func TestASingleWayNeedsNoTrial(t *testing.T) {
	o := Options{Rounds: 3, Note: func(s string) { t.Error(s) }}
	o.chosen = map[string]string{}
	if p := o.best(t.Context(), Case{}, only{}, nil); p == nil || p.name != "plain" || len(p.slower) != 0 {
		t.Error(p)
	}
}

// only is a peer with one way, which counts its rounds as failures.
type only struct{}

func (only) close() {}
func (only) ways(Case, Options) map[string]func(context.Context) (side, error) {
	return map[string]func(context.Context) (side, error){"plain": func(context.Context) (side, error) { return untouched{}, nil }}
}

type untouched struct{}

func (untouched) round() (sample, error) { return sample{}, os.ErrInvalid }
func (untouched) close()                 {}
