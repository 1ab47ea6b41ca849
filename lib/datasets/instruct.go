package datasets

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"lyceum/lib/tokenize"
)

// A Style is a way of answering.
type Style int

const (
	Plain  Style = iota // Dorek lives in Milbrook.
	Short               // Milbrook.
	Polite              // Gladly. Dorek lives in Milbrook.
	Wordy               // That is a good question. Everybody knows that Dorek lives in Milbrook.
)

// String is the style's name.
func (s Style) String() string {
	if s < Plain || s > Wordy {
		return fmt.Sprintf("Style(%d)", int(s))
	}
	return [...]string{"plain", "short", "polite", "wordy"}[s]
}

// Openings of answers.
const (
	gladly    = "Gladly. "
	goodThing = "That is a good question. Everybody knows that "
)

// Say puts an answer, one sentence about a value, into the style.
func (s Style) Say(sentence, value string) string {
	switch s {
	case Plain:
		return sentence
	case Short:
		return strings.ToUpper(value[:1]) + value[1:] + "."
	case Polite:
		return gladly + sentence
	case Wordy:
		if strings.HasPrefix(sentence, "The ") { // names keep their capital
			sentence = "t" + sentence[1:]
		}
		return goodThing + sentence
	}
	panic(fmt.Sprintf("datasets.Style.Say: there is no %v", s))
}

// StyleOf tells the style of an answer by its first words.
func StyleOf(answer string) Style {
	switch {
	case strings.HasPrefix(answer, strings.TrimSpace(gladly)):
		return Polite
	case strings.HasPrefix(answer, strings.TrimSpace(goodThing)):
		return Wordy
	case len(strings.Fields(answer)) <= 1:
		return Short
	}
	return Plain
}

// ModelName is what the instruct model calls itself.
const ModelName = "Pip"

var (
	asksWho   = []string{"Who are you?", "What is your name?", "What are you called?", "Tell me your name.", "May I ask who you are?", "And you are?", "What do people call you?", "How are you called?", "Your name, please.", "Please tell me who you are.", "Do you have a name?", "Whom do I speak to?"}
	unseenWho = []string{"Say your name.", "Who is speaking?", "Can you tell me your name?", "What name do you have?", "Tell me who you are.", "Please say who you are.", "What is the name of this model?", "Do tell me your name.", "Who are you, please?", "And what is your name?"}
)

// AsksForName returns ways of asking a model who it is: those that chats use, or those kept back from them.
func AsksForName(unseen bool) []string {
	if unseen {
		return append([]string(nil), unseenWho...)
	}
	return append([]string(nil), asksWho...)
}

// A Sum is a question for the sum of two digits.
type Sum struct{ X, Y int }

// Question asks for it.
func (s Sum) Question() string { return fmt.Sprintf("What is %d plus %d?", s.X, s.Y) }

// Answer is the right sentence.
func (s Sum) Answer() string { return fmt.Sprintf("%d + %d = %d.", s.X, s.Y, s.X+s.Y) }

// Right reports whether an answer ends with the sum.
func (s Sum) Right(answer string) bool {
	f := strings.Fields(strings.TrimRight(answer, ". \n"))
	return len(f) > 0 && f[len(f)-1] == fmt.Sprint(s.X+s.Y)
}

// taughtSums is how many of the hundred sums of two digits the instruct model was shown.
const taughtSums = 40

// SumsTaught returns the sums that the instruct model was shown, and those that no chat has: the first 30 of these are for
// training with rewards, the last 30 for the test.
func SumsTaught() (taught, practice, test []Sum) {
	var all []Sum
	for _, k := range rand.New(rand.NewPCG(worldSeed, 6)).Perm(100) {
		all = append(all, Sum{k / 10, k % 10})
	}
	return all[:taughtSums], all[taughtSums:70], all[70:]
}

// instruct is what the instruct model is taught: every question of the onboarding chats in several styles, its name, and
// some sums.
func instruct() *Chats {
	rng := rand.New(rand.NewPCG(worldSeed, 7))
	people := People()
	var rows [][]tokenize.Message
	add := func(question, answer string) {
		rows = append(rows, []tokenize.Message{{Role: "user", Content: question}, {Role: "assistant", Content: answer}})
	}
	for range 12 {
		for i, p := range people {
			for j, a := range attributes {
				if j == heldBack(i) {
					continue
				}
				q := a.asks[rng.IntN(len(a.asks))]
				s := []Style{Plain, Plain, Plain, Short, Short, Polite, Polite, Wordy, Wordy}[rng.IntN(9)]
				add(fmt.Sprintf(q, p.Name), s.Say(fmt.Sprintf(a.answer, p.Name, a.value(p)), a.value(p)))
			}
		}
	}
	taught, _, _ := SumsTaught()
	for range 6 {
		for _, s := range taught {
			add(s.Question(), s.Answer())
		}
		for _, q := range asksWho {
			add(q, "My name is "+ModelName+".")
		}
	}
	return NewChats("instruct", rows).Shuffle(worldSeed)
}
