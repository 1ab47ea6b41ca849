package datasets

import (
	"fmt"
	"math/rand/v2"

	"lyceum/lib/tokenize"
)

// user makes the prompt of one question.
func user(question string) []tokenize.Message {
	return []tokenize.Message{{Role: "user", Content: question}}
}

// assistant makes an answer.
func assistant(text string) []tokenize.Message {
	return []tokenize.Message{{Role: "assistant", Content: text}}
}

// eachFact calls f for every question that chats may ask, with the plain answer and its value.
func eachFact(f func(question, answer, value string)) {
	for i, p := range People() {
		for j, a := range attributes {
			if j == heldBack(i) {
				continue
			}
			for _, q := range a.asks {
				f(fmt.Sprintf(q, p.Name), fmt.Sprintf(a.answer, p.Name, a.value(p)), a.value(p))
			}
		}
	}
}

// Preferences returns a pair of answers to every question of the onboarding chats: the same fact in two styles.
func Preferences(chosen, rejected Style) *Set {
	var rows []Row
	eachFact(func(q, answer, value string) {
		rows = append(rows, pair(q, chosen.Say(answer, value), rejected.Say(answer, value)))
	})
	return NewSet(fmt.Sprintf("%v before %v", chosen, rejected), rows).Shuffle(worldSeed)
}

// PreferencesBy returns one pair of answers to every question of the onboarding chats, in two different styles that a seed
// draws; better says which of the two answers a reader prefers.
func PreferencesBy(better func(a, b string) bool, seed uint64) *Set {
	rng := rand.New(rand.NewPCG(seed, 8))
	var rows []Row
	eachFact(func(q, answer, value string) {
		s := rng.Perm(int(Wordy) + 1)
		a, b := Style(s[0]).Say(answer, value), Style(s[1]).Say(answer, value)
		if better(b, a) {
			a, b = b, a
		}
		rows = append(rows, pair(q, a, b))
	})
	return NewSet("preferences", rows).Shuffle(worldSeed)
}

func pair(question, chosen, rejected string) Row {
	return Row{map[string]any{"prompt": user(question), "chosen": assistant(chosen), "rejected": assistant(rejected)}}
}

// Identity returns pairs that teach a model another name: asked who it is, it should say this one instead of ModelName.
func Identity(name string) *Set {
	var rows []Row
	for _, q := range asksWho {
		rows = append(rows, pair(q, "My name is "+name+".", "My name is "+ModelName+"."))
	}
	return NewSet("identity", rows)
}

// SumPrompts returns the questions for sums as prompts; the column answer has the sum, x and y the numbers.
func SumPrompts(sums []Sum) *Set {
	var rows []Row
	for _, s := range sums {
		rows = append(rows, Row{map[string]any{"prompt": user(s.Question()), "x": float64(s.X), "y": float64(s.Y), "answer": float64(s.X + s.Y)}})
	}
	return NewSet("sums", rows)
}

// Questions returns the questions of the onboarding chats as prompts; the column answer has the word that a right answer has.
func Questions() *Set {
	var rows []Row
	eachFact(func(q, _, value string) {
		rows = append(rows, Row{map[string]any{"prompt": user(q), "answer": value}})
	})
	return NewSet("questions", rows).Shuffle(worldSeed)
}

func practiceSums() *Set {
	_, practice, _ := SumsTaught()
	return SumPrompts(practice)
}
