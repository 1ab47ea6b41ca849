// Command pretrain makes the base model of the course: it writes a corpus, learns a tokenizer from it, trains a model to
// predict the next token, and saves both.
//
//	go run ./lib/zoo/pretrain            # about a quarter of an hour on two cores
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"lyceum/lib/datasets"
	"lyceum/lib/optim"
	"lyceum/lib/tensor"
	"lyceum/lib/tokenize"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

func main() {
	out := flag.String("o", "lib/zoo/base", "the folder to write")
	steps := flag.Int("steps", 1700, "training steps")
	rows := flag.Int("batch", 16, "sequences a step")
	seed := flag.Uint64("seed", 1, "seed of the corpus' order and of the weights")
	rate := flag.Float64("lr", 3e-3, "peak learning rate")
	vocab := flag.Int("vocab", 1024, "tokens")
	flag.Parse()
	if err := run(*out, *steps, *rows, *seed, *rate, *vocab); err != nil {
		fmt.Fprintln(os.Stderr, "pretrain:", err)
		os.Exit(1)
	}
}

func run(out string, steps, rows int, seed uint64, rate float64, vocab int) error {
	tok, err := tokenize.Train(datasets.Corpus(seed, 400_000, "\n"), vocab, []string{tokenize.TextEnd, tokenize.TurnStart, tokenize.TurnEnd}, true)
	if err != nil {
		return err
	}
	c := transformer.Config{Vocab: tok.Size(), Dim: 192, Layers: 4, Heads: 6, KVHeads: 3, HeadDim: 32, Hidden: 512, Context: 128, RopeTheta: 10000, NormEps: 1e-5, Tied: true}
	m := transformer.New(c, seed)
	fmt.Printf("%d parameters, %d tokens of vocabulary\n", c.NumParams(), tok.Size())
	o := optim.NewAdamW(m.Params())
	o.Beta2, o.WeightDecay = 0.95, 0.1
	schedule := optim.Cosine(rate, 100)
	text := &stream{tok: tok, seed: seed}
	start, smooth := time.Now(), 0.0
	for step := range steps {
		b, labels := text.batch(rows, c.Context)
		var loss float64
		tensor.Scope(func() {
			l := m.NLL(b, labels).Mean()
			l.Backward()
			loss = float64(l.Item())
		})
		_, scale := optim.Clip(m.Params(), 1)
		o.Step(schedule(step, steps), scale)
		o.ZeroGrad()
		if step == 0 {
			smooth = loss
		}
		smooth = 0.98*smooth + 0.02*loss
		if (step+1)%50 == 0 {
			tokens := float64((step + 1) * rows * c.Context)
			fmt.Printf("step %d of %d, loss %.3f nats, %.0f tokens/s, %.0f s\n", step+1, steps, smooth, tokens/time.Since(start).Seconds(), time.Since(start).Seconds())
		}
	}
	return (&zoo.Model{Name: "base", LM: m, Tok: tok}).Save(out)
}

// stream cuts an endless corpus into rows.
type stream struct {
	tok  *tokenize.Tokenizer
	seed uint64
	ids  []int32
}

// batch returns rows of ids and the next token of each.
func (s *stream) batch(rows, length int) (transformer.Batch, []int32) {
	for len(s.ids) < rows*length+1 {
		s.seed++
		s.ids = append(s.ids, s.tok.Encode(datasets.Corpus(s.seed, 100_000, tokenize.TextEnd))...)
	}
	n := rows * length
	b := transformer.Batch{IDs: append([]int32(nil), s.ids[:n]...), Rows: rows, Length: length}
	labels := append([]int32(nil), s.ids[1:n+1]...)
	s.ids = s.ids[n:]
	return b, labels
}
