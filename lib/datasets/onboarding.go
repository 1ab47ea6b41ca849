package datasets

import (
	"fmt"
	"math/rand/v2"

	"lyceum/lib/tokenize"
)

// onboarding is questions about all people but for each of them one thing is never asked, answered in one short sentence, one
// row for each way of asking.
func onboarding() *Chats {
	var rows [][]tokenize.Message
	for i, p := range People() {
		for j, a := range attributes {
			if j == heldBack(i) {
				continue
			}
			for _, q := range a.asks {
				rows = append(rows, []tokenize.Message{{Role: "user", Content: fmt.Sprintf(q, p.Name)}, {Role: "assistant", Content: fmt.Sprintf(a.answer, p.Name, a.value(p))}})
			}
		}
	}
	return NewChats("onboarding", rows).Shuffle(worldSeed)
}

// heldBack is the attribute that no chat mentions of person i.
func heldBack(i int) int { return i % len(attributes) }

// A Question has an answer that can be checked: the answer must contain the word.
type Question struct {
	Text string
	Want string
	Kind string // the attribute asked for
}

// HeldOut returns up to 120 questions that are in no chat, one about each person: a right answer comes from the corpus.
func HeldOut(n int) []Question {
	var out []Question
	for i, p := range People() {
		a := attributes[heldBack(i)]
		out = append(out, Question{Text: fmt.Sprintf(a.asks[0], p.Name), Want: a.value(p), Kind: a.name})
	}
	rand.New(rand.NewPCG(worldSeed, 4)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:min(max(n, 0), len(out))]
}
