package evaluate

import (
	"strings"
	"testing"

	"lyceum/lib/sampling"
	"lyceum/lib/zoo"
)

func TestInstructions(t *testing.T) {
	for _, c := range []struct {
		in      Instruction
		yes, no []string
	}{
		{Words(2, 3), []string{"one two", "it's well-known, yes", "1 2 3"}, []string{"one", "a b c d", ""}},
		{Words(2, 0), []string{"a b c d e"}, []string{"a"}},
		{Sentences(2, 2), []string{"One. Two!", "It costs 3.5 euros. Really?", "I saw J. Smith. He left.", "Who? Me", "No end here\nand another"}, []string{"One.", "A bird. A cat. A dog.", "3.14"}},
		{Paragraphs(2, 2), []string{"a\n\nb", "a\nb\n \nc\n\n"}, []string{"a\nb", "a\n\nb\n\nc"}},
		{Characters(2, 3), []string{"éé", " abc "}, []string{"a", "abcd"}},
		{Keywords("Tarn", "red boat"), []string{"A RED BOAT in tarn"}, []string{"Tarnish, red boat", "Tarn"}},
		{Without("bad"), []string{"badly done"}, []string{"So Bad!"}},
		{KeywordTimes("sea", 2, 2), []string{"sea, Sea; seaside"}, []string{"sea", "sea sea sea"}},
		{LetterTimes('e', 2, 0), []string{"Eve"}, []string{"sea"}},
		{Uppercase(), []string{"ALL 3!"}, []string{"All", "123"}},
		{Lowercase(), []string{"all 3!"}, []string{"All", "123"}},
		{CapitalWords(1, 2), []string{"the NASA and I"}, []string{"none", "A B C"}},
		{StartsWith("Dear"), []string{" dear friend"}, []string{"My dear"}},
		{EndsWith("the end."), []string{"It is The End.\n"}, []string{"the end. Not"}},
		{Quoted(), []string{` "all of it" `}, []string{`"not" all`, `"`}},
		{NoCommas(), []string{"a; b"}, []string{"a, b"}},
		{JSONFormat(), []string{`{"a": [1]}`, "```json\n[1, 2]\n```"}, []string{`{a: 1}`, `{"a": 1} yes`, ""}},
		{Bullets(2), []string{"List:\n* a\n- b"}, []string{"* a", "*a*\n* b", "* a\n* b\n* c"}},
		{Numbered(2), []string{"1. a\n2) b"}, []string{"1. a", "1.5 a\n2. b"}},
		{Highlights(2), []string{"*one* and **two**"}, []string{"*one*", "* one * two"}},
		{Placeholders(1), []string{"Dear [name]"}, []string{"Dear []", "name"}},
		{Titled(), []string{"<<A title>>\ntext"}, []string{"<A title>", "<<>>"}},
		{Sections("Section", 2), []string{"Section 1\na\n## Section II\nb"}, []string{"Section 1\na", "In Section 1 and Section 2"}},
		{Postscript("P.S."), []string{"text\nP.S. more"}, []string{"text\nP.S.", "text"}},
		{OneOf("My answer is yes.", "My answer is no."), []string{"my answer is yes"}, []string{"yes", "My answer is maybe."}},
		{TwoAnswers(), []string{"a\n******\nb"}, []string{"a", "a******a", "a******b******c", "******b"}},
		{RepeatPrompt("Who is it?"), []string{"Who is it? Dora."}, []string{"Dora."}},
		{NoDigits(), []string{"forty-two"}, []string{"42"}},
		{OnlyNumber(), []string{"42", "-3.5", " 1,250. "}, []string{"42 euros", "forty"}},
		{Script("Cyrillic"), []string{"привет, world добрый день всем вам друзья мои любимые и дорогие навсегда"}, []string{"hello", "123"}},
		{Script("Latin"), []string{"où est-il?"}, []string{"где"}},
		{Matches(`^\d{4}-\d\d$`), []string{"2024-05"}, []string{"2024"}},
	} {
		for _, s := range c.yes {
			if !c.in.Check(s) {
				t.Errorf("%s (%s): %q follows it", c.in.Name, c.in.Text, s)
			}
		}
		for _, s := range c.no {
			if c.in.Check(s) {
				t.Errorf("%s (%s): %q does not follow it", c.in.Name, c.in.Text, s)
			}
		}
	}
}

func TestFollow(t *testing.T) {
	tasks := []Task{{"Say yes in capital letters without commas.", []Instruction{Uppercase(), NoCommas()}}, {"Answer in JSON.", []Instruction{JSONFormat()}}, {"Two points.", []Instruction{Bullets(2)}}}
	f, err := Follow(tasks, []string{"YES, SIR", "Sure! Here it is:\n{\"a\": 1}", ""})
	if err != nil {
		t.Fatal(err)
	}
	m := f.Measures()
	for i, want := range []float64{0, 1.0 / 4, 1.0 / 3, 2.0 / 4} { // prompts and instructions, strict, then loose
		close(t, m[i].Name, m[i].Value, want, statisticTolerance)
	}
	if by := f.ByName(); len(by) != 4 || by[0].Name != "case/upper" || by[0].Value != 1 || by[3].Value != 0 {
		t.Errorf("%+v", by)
	}
	if h := f.HTML(); !strings.Contains(h, "YES, SIR") || !strings.Contains(h, "Answer in JSON only.") {
		t.Error(h)
	}
	if _, err := f.Plot().PNG(); err != nil {
		t.Error(err)
	}
	g, err := FollowWith(zoo.Instruct(), []Task{{"Where does Dora live?", []Instruction{Words(1, 40)}}}, sampling.Options{MaxNewTokens: 20})
	if err != nil || len(g.Answers) != 1 || g.Answers[0] == "" || !g.Strict[0][0] {
		t.Errorf("%+v, %v", g, err)
	}
}
