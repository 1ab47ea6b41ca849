package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"lyceum/lib/bench"
)

var benchCommand = command{"bench", "say how fast this machine is, and compare with PyTorch or llama.cpp", runBench}

// against collects the programs of --against, which may be given more than once.
type against []string

func (a *against) String() string     { return strings.Join(*a, ",") }
func (a *against) Set(s string) error { *a = append(*a, s); return nil }

func runBench(args []string) int {
	fl := flags("bench", "[FIGURES ...]",
		"Measures how fast the library is here. FIGURES: "+strings.Join(bench.Groups, " ")+"; without any, all but trainers; gemm/nt/512 are those whose names begin so.\n"+
			"of_peak is the share of what the processor can do (peak) or, where one text is continued, of the memory bandwidth.\n"+
			"The other sides, which may be given together: PyTorch, Transformers, TRL and numpy of a Python that has them\n"+
			"(pip install torch transformers trl datasets numpy: --against python=ENV/bin/python), and a build of llama.cpp (cmake --build BUILD\n"+
			"--target llama-bench llama-batched-bench: --against llama.cpp=BUILD/bin). All figures against both take about half an hour.\n"+
			"LYCEUM_CPU=avx512, avx2 or scalar in the environment forces lower instructions. Close other programs first.")
	asJSON := fl.Bool("json", false, "a line of JSON for each figure")
	quick := fl.Bool("quick", false, "tiny sizes: shows that everything runs, and says nothing about speed")
	rounds := fl.Int("rounds", 0, "measurements of each figure, of which the median is printed (default 5)")
	precision := fl.String("precision", "", "only `KIND`: float32, bf16 or int8, several with commas (default all)")
	serve := fl.String("serve", "", "used by bench itself: be the process of one `FIGURE`")
	var peers against
	fl.Var(&peers, "against", "compare with `PROGRAM`: python[=PATH] or llama.cpp[=FOLDER]; may be repeated")
	groups, code, ok := interleaved(fl, args)
	if !ok {
		return code
	}
	if *serve != "" {
		return served(*serve, *quick)
	}
	o := bench.Options{Groups: groups, Rounds: *rounds, Quick: *quick, Note: func(s string) { fmt.Fprintln(os.Stderr, s) }}
	if *precision != "" {
		o.Precisions = strings.Split(*precision, ",")
	}
	if *rounds < 0 {
		return misuse("bench", fmt.Errorf("-rounds is %d, it cannot be negative", *rounds))
	}
	if _, err := bench.Cases(o.Groups, o.Precisions, o.Quick); err != nil {
		return misuse("bench", err)
	}
	for _, p := range peers {
		if name, _, _ := strings.Cut(p, "="); name != "python" && name != "llama.cpp" {
			return misuse("bench", fmt.Errorf("there is no comparison with %q: python or llama.cpp", name))
		}
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, hangup)
	defer cancel()
	if err := measure(ctx, o, peers, *asJSON); err != nil {
		if ctx.Err() != nil {
			fmt.Fprintln(os.Stderr, "lyceum bench: interrupted")
			return exitInterrupted
		}
		fmt.Fprintln(os.Stderr, "lyceum bench:", err)
		return 1
	}
	return 0
}

// served is the child: input and output belong to the process that started it.
func served(name string, quick bool) int {
	if err := bench.Serve(name, quick, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func measure(ctx context.Context, o bench.Options, peers []string, asJSON bool) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	o.Self = []string{self, "bench"}
	if o.Quick {
		o.Self = append(o.Self, "--quick")
	}
	o.Self = append(o.Self, "--serve")
	for _, p := range peers {
		name, where, _ := strings.Cut(p, "=")
		var peer bench.Peer
		if name == "python" {
			peer, err = bench.FindPython(ctx, where)
		} else {
			peer, err = bench.FindLlama(where)
		}
		if err != nil {
			return errors.Join(err, bench.Close(o.Against))
		}
		o.Against = append(o.Against, peer)
	}
	if asJSON {
		enc := json.NewEncoder(stdout)
		return bench.Run(ctx, o, func(f bench.Figure) error { return enc.Encode(f) })
	}
	return benchTable(ctx, stdout, o)
}

// benchTable prints a line as soon as its figure is there.
func benchTable(ctx context.Context, w io.Writer, o bench.Options) error {
	fmt.Fprintf(w, "%-34s %10s %9s %8s %8s", "name", "tok_s", "gflops", "of_peak", "rss_mb")
	if len(o.Against) > 0 {
		fmt.Fprintf(w, " %7s %7s  %s", "ratio", "memory", "against")
	}
	fmt.Fprintln(w)
	return bench.Run(ctx, o, func(f bench.Figure) error {
		_, err := fmt.Fprintln(w, benchLine(f))
		return err
	})
}

func benchLine(f bench.Figure) string {
	number := func(width, digits int, x float64) string {
		if x == 0 {
			return fmt.Sprintf(" %*s", width, "-")
		}
		return fmt.Sprintf(" %*.*f", width, digits, x)
	}
	share := number(8, 0, 0)
	if f.OfPeak > 0 {
		share = fmt.Sprintf(" %7.1f%%", 100*f.OfPeak)
	}
	line := fmt.Sprintf("%-34s", f.Name) + number(10, 1, f.TokS) + number(9, 1, f.GFlops) + share + number(8, 0, f.RSSMB)
	if f.Against != "" {
		line += number(7, 2, f.Ratio) + number(7, 2, f.RSSRatio) + "  " + f.Against
	}
	if f.NsElement > 0 {
		line += fmt.Sprintf("  %.3f ns an element", f.NsElement)
	}
	if f.GBs > 0 {
		line += fmt.Sprintf("  %.1f GB/s", f.GBs)
	}
	return line
}
