package sampling

import (
	"math/rand/v2"
	"slices"
	"strings"

	"lyceum/lib/internal/compute"
	"lyceum/lib/sampling/constrain"
	"lyceum/lib/stop"
	"lyceum/lib/tensor"
	"lyceum/lib/transformer"
)

// generator continues many prompts over the slots of one cache. Each pass over the weights takes one token of every row in
// work and, mixed with them, the whole prompts of rows that begin.
type generator struct {
	o       *Options
	cache   *transformer.Cache
	vocab   int
	room    int // tokens of prompt and completion together
	prompts [][]int32
	out     []Completion
	begun   int   // completions that have begun
	held    int   // tokens of the only prompt that the only slot holds already
	rows    []row // by slot
	// With several samples: the prompt whose keys and values a slot begins with, and the scores after each prompt that
	// still has samples to begin.
	holds []int
	after map[int][]float32

	batch []*row // rows whose next token is chosen in this pass
	runs  []transformer.Run
}

// A row is one completion in work.
type row struct {
	index, slot int // in out; slot of the cache
	prompt      int
	ids         []int32 // prompt and completion
	begins      int     // where the completion begins in ids
	rng         *rand.Rand
	live        bool
	logits      []float32 // after ids; nil: of the sibling leader, which has the same prompt
	leader      *row
	at          constrain.Cursor // with a Constraint
}

func newGenerator(d *transformer.Decoder, prompts [][]int32, o *Options, out []Completion) *generator {
	c, longest := d.Config(), 0
	for _, p := range prompts {
		longest = max(longest, len(p))
	}
	room := o.room(longest, c.Context)
	slots := o.Slots
	if slots == 0 {
		slots = c.Slots(room)
	}
	slots = min(slots, len(out))
	g := &generator{o: o, room: room, cache: d.NewCache(slots, room), vocab: c.Vocab, prompts: prompts, out: out,
		rows: make([]row, slots), holds: make([]int, slots), after: map[int][]float32{}}
	for i := range g.holds {
		g.holds[i] = -1
	}
	return g
}

func (g *generator) run() error {
	for {
		if stop.Requested() {
			return stop.ErrInterrupted
		}
		g.plan()
		if len(g.batch) == 0 {
			return nil
		}
		var logits []float32
		if len(g.runs) > 0 {
			logits = g.cache.Extend(g.runs)
		}
		g.share(logits)
		if err := g.accept(g.choices()); err != nil {
			return err
		}
	}
}

// plan collects the rows that are in work, and fills free slots with completions that have not begun.
func (g *generator) plan() {
	g.batch, g.runs = g.batch[:0], g.runs[:0]
	for s := range g.rows {
		if r := &g.rows[s]; r.live {
			g.batch = append(g.batch, r)
			g.runs = append(g.runs, transformer.Run{Slot: s, IDs: r.ids[len(r.ids)-1:], Logits: true})
		}
	}
	leaders := map[int]*row{}
	for s := range g.rows {
		if r := &g.rows[s]; !r.live && g.begun < len(g.out) {
			g.begin(r, s, leaders)
		}
	}
}

// stream returns the random numbers of a completion.
func stream(o *Options, index int) *rand.Rand {
	return tensor.NewRand(o.Seed + uint64(o.FirstRow+index)*0x9e3779b9)
}

// begin gives slot s to the next completion. Its prompt is computed in this pass unless another sample of it is at hand.
func (g *generator) begin(r *row, s int, leaders map[int]*row) {
	p := g.begun / g.o.Samples
	ids := g.prompts[p]
	// Not more than is needed is set aside: most completions stop early.
	*r = row{index: g.begun, slot: s, prompt: p, begins: len(ids), live: true, rng: stream(g.o, g.begun)}
	if g.o.Constraint != nil {
		r.at = g.o.Constraint.Begin()
	}
	r.ids = append(make([]int32, 0, len(ids)+32), ids...)
	g.begun++
	g.batch = append(g.batch, r)
	switch leader := leaders[p]; {
	case leader != nil:
		r.leader = leader
	case g.after[p] != nil:
		g.cache.Copy(s, slices.Index(g.holds, p), len(ids))
		r.logits = g.after[p]
	default:
		g.cache.Truncate(s, g.held)
		g.runs = append(g.runs, transformer.Run{Slot: s, IDs: ids[g.held:], Logits: true})
		leaders[p] = r
	}
	g.holds[s] = p
}

// share hands the scores of a pass out to the rows, and the prompts that were computed to their other samples.
func (g *generator) share(logits []float32) {
	at := 0
	for _, r := range g.batch {
		switch {
		case r.leader != nil:
			g.cache.Copy(r.slot, r.leader.slot, r.begins)
			r.logits = r.leader.logits
		case r.logits == nil:
			r.logits = logits[at : at+g.vocab]
			at += g.vocab
		}
		r.leader = nil
	}
	if g.o.Samples == 1 {
		return
	}
	for _, r := range g.batch {
		if last := (r.prompt+1)*g.o.Samples <= g.begun; last {
			delete(g.after, r.prompt)
		} else if len(r.ids) == r.begins && g.after[r.prompt] == nil {
			g.after[r.prompt] = append([]float32(nil), r.logits...)
		}
	}
}

// choices picks the next token of each row of the batch, on all cores unless the user's functions take part.
func (g *generator) choices() []choice {
	chosen := make([]choice, len(g.batch))
	one := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			r := g.batch[i]
			chosen[i] = g.o.choose(r.logits, place{r.index, r.ids, r.begins, r.rng, min(g.o.MaxNewTokens, g.room-r.begins) - (len(r.ids) - r.begins), r.at})
		}
	}
	if len(g.o.Processors) > 0 {
		one(0, len(g.batch))
	} else {
		compute.Parallel(len(g.batch), 1, one)
	}
	return chosen
}

// accept adds the chosen tokens, in the order of the batch.
func (g *generator) accept(chosen []choice) error {
	for i, r := range g.batch {
		r.logits = nil
		if stop.Requested() {
			return stop.ErrInterrupted
		}
		c := chosen[i]
		if c.err != nil {
			return scoresError(c.err, len(r.ids), r.prompt)
		}
		g.add(r, c)
	}
	return nil
}

func (g *generator) add(r *row, c choice) {
	out := &g.out[r.index]
	stopped := slices.Contains(g.o.Stop, c.id)
	out.Curtailed = out.Curtailed || c.curtailed
	if stopped {
		out.Stopped, out.StopToken, r.live = true, c.id, false
	} else if g.o.Constraint != nil {
		r.at, _ = r.at.After(c.id)
	}
	if !stopped || g.o.KeepStop {
		r.ids = append(r.ids, c.id)
		out.add(c)
		if g.o.OnToken != nil {
			g.o.OnToken(r.index, c.id)
		}
	}
	if !stopped && g.o.stopsAt(out) {
		out.Stopped, r.live = true, false
	}
	if r.live && r.at.Final() && !(g.o.KeepStop && len(g.o.Stop) > 0) { // there is nothing to choose
		out.Stopped, r.live = true, false
	}
	// Prompt and completion together fit into the context, so that they can be trained on.
	if len(out.IDs) >= g.o.MaxNewTokens || len(r.ids) >= g.room {
		r.live = false
	}
	if !r.live && len(g.o.StopStrings) > 0 {
		out.setText(g.o)
	}
}

func (c *Completion) add(t choice) {
	c.IDs = append(c.IDs, t.id)
	c.LogProbs = append(c.LogProbs, t.drawn)
	c.ModelLogProbs = append(c.ModelLogProbs, t.model)
	c.PolicyLogProbs = append(c.PolicyLogProbs, t.tempered)
	if t.top != nil {
		c.Top = append(c.Top, t.top)
	}
}

// stopsAt reports whether the last token completed a stop string. Only the end of the text is decoded: a token is at least
// a byte, special ones aside.
func (o *Options) stopsAt(c *Completion) bool {
	if len(o.StopStrings) == 0 {
		return false
	}
	const spare = 8
	longest := 0
	for _, s := range o.StopStrings {
		longest = max(longest, len(s))
	}
	end := o.searched(c.IDs[max(0, len(c.IDs)-longest-spare):])
	for _, s := range o.StopStrings {
		if strings.Contains(end, s) {
			return true
		}
	}
	return false
}

// searched is the text in which stop strings are looked for.
func (o *Options) searched(ids []int32) string {
	if o.StopText != nil {
		return o.StopText(ids)
	}
	return o.Text(ids)
}

// setText decodes the whole completion and cuts it at the first stop string.
func (c *Completion) setText(o *Options) {
	c.Text = o.Text(c.IDs)
	text := o.searched(c.IDs)
	first := -1
	for _, s := range o.StopStrings {
		if at := strings.Index(text, s); at >= 0 && (first < 0 || at < first) {
			first, c.StopString = at, s
		}
	}
	switch {
	case first < 0:
	case c.Text == text:
		c.Text = text[:first]
	default: // Special tokens before the stop string are no text, nor is one that it begins in.
		n := len(c.IDs) - 1
		for n > 0 && len(o.searched(c.IDs[:n])) > first {
			n--
		}
		before := o.Text(c.IDs[:n])
		if o.Text(c.IDs[:n+1]) != before {
			before += text[len(o.searched(c.IDs[:n])):first]
		}
		c.Text = before
	}
}
