// Package bench measures how fast the library is on this machine, and how it compares with PyTorch, TRL, numpy and llama.cpp.
//
// A figure is measured in a process of its own, so that its peak memory is its own; the other side of a comparison is a
// process too, and the rounds of the two alternate. Figures are medians over the rounds. What counts as work:
//
//   - A matrix product of m x k and k x n is 2mnk operations, a multiply-add counting as two.
//   - A training step is 6 operations for each token and each weight of a matrix that the token is multiplied with (the
//     output layer once, the table of embeddings not at all), and 12 for each layer, each pair of a query and a key that it
//     sees, and each number of the heads' width: two products forward, twice that backward. Norms, activations, the loss
//     and the optimiser count nothing, and neither does what is computed a second time.
//   - Decoding reads every weight once for each step: the share of peak is these bytes over the time, divided by the memory
//     bandwidth. Keys and values come on top and are not counted.
//   - A trainer's step counts the tokens that are learned from or, where the model draws them itself, those that it draws.
//   - The share of peak is against multiply-adds on registers, of all workers at once (machine.go).
package bench

import (
	"fmt"
	"slices"
	"strings"
)

// Groups are the names that a user may ask for, in the order in which they are measured.
var Groups = []string{"peak", "gemm", "gpt", "smol", "decode", "rollout", "trainers", "ops", "scale"}

// onlyAsked is the group that is not among all of them: a step of its peer takes minutes.
const onlyAsked = "trainers"

// Work is what one run of a figure does.
type Work struct {
	Tokens   float64 // processed or generated
	Flops    float64
	Bytes    float64 // read from memory at least
	Elements float64
}

// A Figure is one line of the report.
type Figure struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"s,omitempty"` // one run, the median
	TokS    float64 `json:"tok_s"`
	GFlops  float64 `json:"gflops"`
	OfPeak  float64 `json:"of_peak"` // of the arithmetic, or of the memory bandwidth where that is the bound
	RSSMB   float64 `json:"rss_mb"`  // the most that the process ever held

	NsElement float64 `json:"ns_element,omitempty"`
	GBs       float64 `json:"gb_s,omitempty"`
	Rounds    int     `json:"rounds,omitempty"`

	Against   string  `json:"against,omitempty"` // the best of the other side's ways
	TheirTokS float64 `json:"their_tok_s,omitempty"`
	TheirS    float64 `json:"their_s,omitempty"`
	TheirRSS  float64 `json:"their_rss_mb,omitempty"`
	Ratio     float64 `json:"ratio,omitempty"`     // how many times as fast we are
	RSSRatio  float64 `json:"rss_ratio,omitempty"` // our memory over theirs
	// Slower are the other ways of the other side and the median seconds of their trial.
	Slower map[string]float64 `json:"slower,omitempty"`
	// Missing are ways of the other sides that could not be measured, and why.
	Missing map[string]string `json:"missing,omitempty"`
}

// A Case is a figure that can be measured.
type Case struct {
	Group, Name, Precision string
	Work                   Work
	memoryBound            bool
	open                   func() (func(), error) // prepares, and returns what is measured
	torch                  spec                   // the same work for the peer script; nil: no counterpart
	llama                  *llamaWork             // the same work for llama.cpp; nil: no counterpart
	trl                    spec                   // the same work for TRL; nil: no counterpart
	rounds                 int                    // of something long, unless the user asks for another number; 0: as of all
	once                   bool                   // long enough for one run a round
}

// spec is handed to the peer script as JSON.
type spec map[string]any

// Cases lists the figures of the groups, or whose names begin with one of them if it has a slash (all but trainers if there
// are none), at these precisions (all if there are none). Quick makes every size tiny: the figures then say nothing, but
// everything has run.
func Cases(groups, precisions []string, quick bool) ([]Case, error) {
	all := everything(sizesOf(quick))
	for _, g := range groups {
		if !slices.Contains(Groups, g) && !slices.ContainsFunc(all, func(c Case) bool { return c.in(g) }) {
			return nil, fmt.Errorf("there is no group of figures %q: %s; or the beginning of a name, such as gemm/nt/512", g, strings.Join(Groups, ", "))
		}
	}
	for _, p := range precisions {
		if !slices.Contains([]string{"float32", "bf16", "int8"}, p) {
			return nil, fmt.Errorf("there is no precision %q: float32, bf16, int8", p)
		}
	}
	var out []Case
	for _, c := range all {
		if len(groups) > 0 && !slices.ContainsFunc(groups, c.in) || len(groups) == 0 && c.Group == onlyAsked || len(precisions) > 0 && c.Precision != "" && !slices.Contains(precisions, c.Precision) {
			continue
		}
		out = append(out, c)
	}
	return out, nil
}

// in says whether the case is meant by the name of a group, or by the beginning of its own name with a slash.
func (c Case) in(name string) bool {
	return c.Group == name || strings.Contains(name, "/") && strings.HasPrefix(c.Name, name)
}

func everything(s sizes) []Case {
	return slices.Concat(gemmCases(s), trainCases(s), decodeCases(s), rolloutCases(s), trainerCases(s), opsCases(s), scaleCases(s))
}

// figure turns medians into the numbers of the report.
func (c Case) figure(seconds, rss float64, m Machine) Figure {
	f := Figure{Name: c.Name, Seconds: seconds, RSSMB: rss, TokS: c.Work.Tokens / seconds, GFlops: c.Work.Flops / seconds / 1e9}
	if c.Work.Elements > 0 {
		f.NsElement = seconds * 1e9 / c.Work.Elements
	}
	if c.Work.Bytes > 0 {
		f.GBs = c.Work.Bytes / seconds / 1e9
	}
	peak := m.Float32
	switch c.Precision {
	case "bf16":
		peak = max(m.BF16, m.Float32)
	case "int8":
		peak = 0 // not measured
	}
	switch {
	case c.memoryBound && m.Read > 0:
		f.OfPeak = f.GBs / m.Read
	case c.Work.Flops > 0 && peak > 0:
		f.OfPeak = f.GFlops / peak
	}
	return f
}

// median of a list that is not empty.
func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}
