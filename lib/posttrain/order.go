package posttrain

import (
	"slices"

	"lyceum/lib/internal/torchrand"
)

// An order says which rows of the data make up each micro-batch: the Hugging Face Trainer's. Every epoch is a permutation of
// torch.randperm from the seed plus the number of the epoch (accelerate's SeedableRandomSampler), cut into batches; the last
// may be short.
type order struct {
	rows, batch int
	seed        uint64
	sequential  bool
	dropLast    bool
	group       int // rows of a step

	lengths []int               // of the rows, where they are grouped by it
	drawn   func(epoch int) int // how many evaluations came before an epoch; nil: none

	epoch int
	perm  []int
}

// byLength is the order in which the rows of a step are of about one length.
const byLength = "group_by_length"

func newOrder(rows int, s settings) *order {
	return &order{rows: rows, batch: s.BatchSize, seed: uint64(s.DataSeed.Or(float64(s.Seed))), sequential: s.Order == "sequential", dropLast: s.DropLast, group: s.BatchSize * s.Accumulation, epoch: -1}
}

// size is how many batches an epoch has.
func (o *order) size() int {
	if o.dropLast {
		return o.rows / o.batch
	}
	return (o.rows + o.batch - 1) / o.batch
}

// batchRows returns the rows of batch i of an epoch.
func (o *order) batchRows(epoch, i int) []int {
	if o.perm == nil || o.epoch != epoch {
		o.epoch = epoch
		if o.sequential {
			o.perm = make([]int, o.rows)
			for j := range o.perm {
				o.perm[j] = j
			}
		} else if o.lengths != nil {
			o.perm = o.grouped(epoch)
		} else {
			o.perm = torchrand.New(o.seed + uint64(epoch)).Perm(o.rows)
		}
	}
	return o.perm[i*o.batch : min((i+1)*o.batch, o.rows)]
}

// grouped is the order of an epoch of LengthGroupedSampler, whose permutations come from PyTorch's own generator: seeded when
// training begins, it gives a number to every loader of data that begins, those of evaluations too, and then a permutation for
// the epoch. What else draws from it in PyTorch (dropout, noise) is not followed here.
func (o *order) grouped(epoch int) []int {
	rng, evaluations := torchrand.New(o.seed), 0
	for e := 0; ; e++ {
		if o.drawn != nil {
			for ; evaluations < o.drawn(e); evaluations++ {
				rng.Uint64()
			}
		}
		rng.Uint64()
		if perm := rng.Perm(o.rows); e == epoch {
			return groupByLength(perm, o.lengths, o.group)
		}
	}
}

// groupByLength sorts a permutation by falling length in pieces of many batches (at most 50, and about four pieces in all), and
// puts the longest row of all first, so that what does not fit into memory is seen at once
// (transformers.trainer_pt_utils.get_length_grouped_indices).
func groupByLength(perm, lengths []int, batch int) []int {
	piece := max(1, min(len(perm)/(batch*4), 50)) * batch
	longest := 0
	for at := 0; at < len(perm); at += piece {
		p := perm[at:min(at+piece, len(perm))]
		slices.SortStableFunc(p, func(a, b int) int { return lengths[b] - lengths[a] })
		if lengths[p[0]] > lengths[perm[longest]] {
			longest = at
		}
	}
	perm[0], perm[longest] = perm[longest], perm[0]
	return perm
}

// examined are the batches of an evaluation of n rows: DropLast leaves out a short one there too, as in the Trainer.
func (s settings) examined(n, batch int) [][]int {
	return s.whole(inOrder(n, batch), batch)
}

// whole leaves out a last batch that is not full, with DropLast.
func (s settings) whole(out [][]int, batch int) [][]int {
	if last := len(out) - 1; s.DropLast && last >= 0 && len(out[last]) < batch {
		out = out[:last]
	}
	return out
}

// inOrder cuts rows 0 to n-1 into batches, as an evaluation reads them.
func inOrder(n, batch int) [][]int {
	rows := make([]int, n)
	for j := range rows {
		rows[j] = j
	}
	return slices.Collect(slices.Chunk(rows, batch))
}
