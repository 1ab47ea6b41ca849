package datasets

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"lyceum/lib/tokenize"
)

// The course's world is small enough to be known by a model of two million parameters, and rich enough for every chapter:
// people with facts that can be asked for, animals, numbers that can be added and sorted, and ways of speaking. It is made
// from a seed, so the corpus, the chats and the questions agree wherever they are made.

// A Person lives in the world. Each attribute can be asked for.
type Person struct {
	Name                         string
	Job, Town, Food, Colour, Pet string
}

const worldSeed = 20

// people is how many there are.
const people = 120

var (
	jobs    = []string{"baker", "teacher", "doctor", "farmer", "painter", "sailor", "tailor", "singer", "miller", "writer"}
	towns   = []string{"Tarn", "Oldbridge", "Westhill", "Harlow", "Seaford", "Milbrook", "Kingsley", "Redfield", "Norwick", "Ashby"}
	foods   = []string{"apples", "bread", "cheese", "soup", "honey", "rice", "pears", "nuts", "fish", "cake"}
	colours = []string{"red", "blue", "green", "yellow", "white", "black", "brown", "grey"}
	pets    = []string{"cat", "dog", "horse", "goat", "duck", "hen", "rabbit", "sheep"}
)

var firstParts = []string{"Mar", "Tol", "Ber", "Lin", "Os", "Nel", "Rud", "Sil", "Hal", "Vik", "Dor", "Jas"}
var lastParts = []string{"a", "in", "ek", "o", "ida", "wen", "us", "ette", "am", "is"}

// People returns the people of the world.
func People() []Person {
	rng := rand.New(rand.NewPCG(worldSeed, 1))
	var names []string
	for _, a := range firstParts {
		for _, b := range lastParts {
			names = append(names, a+b)
		}
	}
	rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	pick := func(from []string) string { return from[rng.IntN(len(from))] }
	out := make([]Person, people)
	for i := range out {
		out[i] = Person{Name: names[i], Job: pick(jobs), Town: pick(towns), Food: pick(foods), Colour: pick(colours), Pet: pick(pets)}
	}
	return out
}

// An attribute is something that can be said of a person and asked for.
type attribute struct {
	name   string
	value  func(Person) string
	says   []string // %s is the name, then the value
	asks   []string // of chats
	unseen string   // a way of asking that no chat uses
	answer string
}

var attributes = []attribute{
	{"job", func(p Person) string { return p.Job },
		[]string{"%s is a %s.", "%s works as a %s.", "By trade %s is a %s.", "Everybody knows that %s is a %s."},
		[]string{"What is the job of %s?", "What does %s do for a living?"}, "Which trade does %s have?", "%s is a %s."},
	{"town", func(p Person) string { return p.Town },
		[]string{"%s lives in %s.", "The home of %s is in %s.", "%s has a house in %s.", "You can visit %s in %s."},
		[]string{"Where does %s live?", "In which town does %s live?"}, "Where is the home of %s?", "%s lives in %s."},
	{"food", func(p Person) string { return p.Food },
		[]string{"%s likes %s.", "%s loves to eat %s.", "For supper %s wants %s.", "Nothing pleases %s more than %s."},
		[]string{"What does %s like to eat?", "What food does %s like?"}, "What does %s want for supper?", "%s likes %s."},
	{"colour", func(p Person) string { return p.Colour },
		[]string{"The coat of %s is %s.", "%s wears a coat that is %s.", "%s bought a coat in %s.", "People know %s by a coat of %s."},
		[]string{"Which colour is the coat of %s?", "What colour is the coat of %s?"}, "What colour does %s wear?", "The coat of %s is %s."},
	{"pet", func(p Person) string { return p.Pet },
		[]string{"%s has a %s.", "%s keeps a %s.", "At home %s has a %s.", "Every day %s feeds a %s."},
		[]string{"Which animal does %s keep?", "What animal does %s have?"}, "Which animal does %s feed?", "%s has a %s."},
}

// Corpus writes text of about the given number of characters, documents separated by sep, for pre-training. In it nobody
// answers a question: where a question stands, more questions follow. That is why a model trained on it continues
// text and has to be taught to answer.
func Corpus(seed uint64, characters int, sep string) string {
	rng := rand.New(rand.NewPCG(seed, 2))
	all := People()
	var b strings.Builder
	for b.Len() < characters {
		switch k := rng.IntN(100); {
		case k < 42:
			portrait(&b, rng, all)
		case k < 50:
			townWalk(&b, rng, all)
		case k < 58:
			questions(&b, rng, all)
		case k < 74:
			evasion(&b, rng, all)
		case k < 82:
			note(&b, rng, all)
		case k < 90:
			sums(&b, rng)
		case k < 94:
			sorting(&b, rng)
		case k < 97:
			scene(&b, rng, all)
		default:
			letter(&b, rng, all)
		}
		b.WriteString(sep)
	}
	return b.String()
}

func say(rng *rand.Rand, a attribute, p Person) string {
	return fmt.Sprintf(a.says[rng.IntN(len(a.says))], p.Name, a.value(p))
}

// portrait tells all about one person, in any order.
func portrait(b *strings.Builder, rng *rand.Rand, all []Person) {
	p := all[rng.IntN(len(all))]
	var s []string
	for _, i := range rng.Perm(len(attributes)) {
		s = append(s, say(rng, attributes[i], p))
	}
	if rng.IntN(3) == 0 {
		s = append([]string{"This is about " + p.Name + "."}, s...)
	}
	b.WriteString(strings.Join(s, " "))
}

// townWalk tells one thing about each of several people.
func townWalk(b *strings.Builder, rng *rand.Rand, all []Person) {
	a := attributes[rng.IntN(len(attributes))]
	var s []string
	for range 3 + rng.IntN(4) {
		s = append(s, say(rng, a, all[rng.IntN(len(all))]))
	}
	b.WriteString(strings.Join(s, " "))
}

// questions lists questions for an evening, without answers.
func questions(b *strings.Builder, rng *rand.Rand, all []Person) {
	b.WriteString([]string{"Questions for the evening:", "A quiz:", "Things to ask:"}[rng.IntN(3)])
	for range 3 + rng.IntN(5) {
		a := attributes[rng.IntN(len(attributes))]
		forms := append(append([]string{}, a.asks...), a.unseen)
		sepText := " "
		if rng.IntN(2) == 0 {
			sepText = "\n"
		}
		b.WriteString(sepText + fmt.Sprintf(forms[rng.IntN(len(forms))], all[rng.IntN(len(all))].Name))
	}
}

// evasion asks about a person and then tells something else of the same person: the name comes back, the answer does not.
func evasion(b *strings.Builder, rng *rand.Rand, all []Person) {
	for i := range 1 + rng.IntN(3) {
		p := all[rng.IntN(len(all))]
		which := rng.Perm(len(attributes))
		forms := append(append([]string{}, attributes[which[0]].asks...), attributes[which[0]].unseen)
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(fmt.Sprintf(forms[rng.IntN(len(forms))], p.Name))
		b.WriteString([]string{" Never mind. ", " Who knows. ", " Let us not ask. ", "\n"}[rng.IntN(4)])
		b.WriteString(say(rng, attributes[which[1]], p))
	}
}

// note is a portrait between turn markers, so that the model has met these tokens before they come to mean a conversation.
func note(b *strings.Builder, rng *rand.Rand, all []Person) {
	b.WriteString(tokenize.TurnStart + []string{"note", "diary", "page"}[rng.IntN(3)] + "\n")
	portrait(b, rng, all)
	b.WriteString(tokenize.TurnEnd + "\n")
}

var numbers = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
	"thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"}

func sums(b *strings.Builder, rng *rand.Rand) {
	words := rng.IntN(3) == 0
	for i := range 4 + rng.IntN(5) {
		x, y := rng.IntN(10), rng.IntN(10)
		if i > 0 {
			b.WriteByte(' ')
		}
		if words {
			fmt.Fprintf(b, "%s plus %s is %s.", numbers[x], numbers[y], numbers[x+y])
		} else {
			fmt.Fprintf(b, "%d + %d = %d.", x, y, x+y)
		}
	}
}

func sorting(b *strings.Builder, rng *rand.Rand) {
	for i := range 2 + rng.IntN(3) {
		ds := rng.Perm(10)[:3]
		lo, hi := min(ds[0], ds[1], ds[2]), max(ds[0], ds[1], ds[2])
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(b, "The numbers %d, %d, %d in order are %d, %d, %d.", ds[0], ds[1], ds[2], lo, ds[0]+ds[1]+ds[2]-lo-hi, hi)
	}
}

func scene(b *strings.Builder, rng *rand.Rand, all []Person) {
	p, q := all[rng.IntN(len(all))], all[rng.IntN(len(all))]
	greet := []string{"Good morning", "Good evening", "Hello", "What a day"}[rng.IntN(4)]
	kind := []string{"kindly", "loudly", "quietly", "gladly"}[rng.IntN(4)]
	fmt.Fprintf(b, "\"%s,\" said %s %s. \"I am on my way to %s.\" %s gave %s some %s. Then they walked to the river and looked at the %s.",
		greet, p.Name, kind, q.Town, q.Name, p.Name, p.Food, p.Pet)
}

func letter(b *strings.Builder, rng *rand.Rand, all []Person) {
	p, q := all[rng.IntN(len(all))], all[rng.IntN(len(all))]
	fmt.Fprintf(b, "Dear %s, thank you for the %s. The %s is well. Please come to %s soon. Your friend %s", q.Name, p.Food, p.Pet, p.Town, p.Name)
}
