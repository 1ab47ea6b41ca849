package posttrain

import "time"

// Loop.CountTokens: the tokens of the training batches, as the Trainer counts them.
const (
	everyToken = "all"         // with the padding
	realTokens = "non_padding" // without it
)

// A tokenReader knows how many tokens its training batches had.
type tokenReader interface{ tokensSeen(kind string) float64 }

// tokensSeen are those of the batches. Those of CPO and ORPO have none that the Trainer would know as its input: it counts 0.
func (t *teacher[T]) tokensSeen(kind string) float64 {
	if kind == realTokens {
		return t.unpadded
	}
	return t.positions
}

// tokensSeen are those of prompts and completions, whatever is asked for: TRL's trainers that draw count themselves.
func (t *grpo) tokensSeen(string) float64         { return t.source.seen }
func (t *rloo) tokensSeen(string) float64         { return t.source.seen }
func (t *distillation) tokensSeen(string) float64 { return t.source.seen }

// tokensSeen counts the tokens so far; PPO's batches have none that the Trainer counts.
func (l *loop) tokensSeen() float64 {
	if t, ok := l.task.(tokenReader); ok {
		return t.tokensSeen(l.s.CountTokens)
	}
	return 0
}

// putTokens adds num_input_tokens_seen to a log line, and to one of training how long this session has taken and how fast it
// reads.
func (l *loop) putTokens(e *entry, training bool) {
	if l.s.CountTokens == "" {
		return
	}
	e.put("num_input_tokens_seen", l.tokensSeen())
	if _, paced := l.task.(pacer); paced || !training {
		return
	}
	seconds := time.Since(l.started).Seconds()
	e.put("train_runtime", round(seconds, 4))
	e.put("train_tokens_per_second", round((l.tokensSeen()-l.seenBefore)/seconds, 3))
}
