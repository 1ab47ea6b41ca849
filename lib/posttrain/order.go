package posttrain

import (
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

	epoch int
	perm  []int
}

func newOrder(rows int, s settings) *order {
	return &order{rows: rows, batch: s.BatchSize, seed: uint64(s.DataSeed.Or(float64(s.Seed))), sequential: s.Order == "sequential", dropLast: s.DropLast, epoch: -1}
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
		} else {
			o.perm = torchrand.New(o.seed + uint64(epoch)).Perm(o.rows)
		}
	}
	return o.perm[i*o.batch : min((i+1)*o.batch, o.rows)]
}

// examined are the batches of an evaluation of n rows: DropLast leaves out a short one there too, as in the Trainer.
func (s settings) examined(n, batch int) [][]int {
	out := inOrder(n, batch)
	if last := len(out) - 1; s.DropLast && last >= 0 && len(out[last]) < batch {
		out = out[:last]
	}
	return out
}

// inOrder cuts rows 0 to n-1 into batches, as an evaluation reads them.
func inOrder(n, batch int) [][]int {
	var out [][]int
	for i := 0; i < n; i += batch {
		var b []int
		for j := i; j < min(i+batch, n); j++ {
			b = append(b, j)
		}
		out = append(out, b)
	}
	return out
}
