package constrain

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

func TestRegexpEqualsPackageRegexp(t *testing.T) {
	patterns := []string{"", "a", "ab|cd", "a*b+c?", "(a|b){2,4}", "(?i)aBc", "[a-c]{3}x{0,2}", "(ab)*", "(a*)*", "a{3}", "[^a]b", ".b.", "(?s).b.", "é|[à-ü]x", "[\U0001F600-\U0001F64F]+", `\d+(\.\d+)?`,
		`\w\s\S`, "^a$", "(^ab|b)c$", "a(|b)c", "[^\\x00-\\x7f]b", "^(?:a|b|)c?$", `\pL+`, "[^é]"}
	alphabet := []rune("abcdxABC.12 \néàü\U0001F600\U0001F64Fﬀ")
	rng := rand.New(rand.NewPCG(1, 2))
	matched := 0
	for _, p := range patterns {
		g, err := Regexp(p)
		if err != nil {
			t.Fatal(err)
		}
		re := regexp.MustCompile(`^(?:` + p + `)\z`)
		for range 3000 {
			var b strings.Builder
			for range rng.IntN(6) {
				b.WriteRune(alphabet[rng.IntN(len(alphabet))])
			}
			s := b.String()
			if got, want := g.Match(s), re.MatchString(s); got != want {
				t.Fatalf("%q on %q: %v, package regexp says %v", p, s, got, want)
			} else if got {
				matched++
			}
		}
		if g.Match("a\xffb") {
			t.Errorf("%q matches bytes that are no UTF-8", p)
		}
	}
	if matched < 500 {
		t.Errorf("only %d texts matched: the test says little", matched)
	}
}

func TestEveryCharacter(t *testing.T) {
	g, err := Regexp("[ߏ-\U00010333]")
	if err != nil {
		t.Fatal(err)
	}
	for r := rune(0); r < 0x20000; r++ {
		if 0xd800 <= r && r <= 0xdfff {
			continue
		}
		if want := r >= 'ߏ' && r <= 0x10333; g.Match(string(r)) != want {
			t.Fatalf("%U: %v", r, !want)
		}
	}
}

func TestBadPatterns(t *testing.T) {
	for _, p := range []string{"(", `\bword\b`, "a^b", "(?=a)", `(a)\1`, "[^\\x{0}-\\x{10FFFF}]", "(x{1000}){1000}"} {
		if g, err := Regexp(p); err == nil {
			t.Errorf("%q: no error, %v", p, g)
		}
	}
}

// pieces is a vocabulary of all single bytes and some longer tokens; the last is a special token.
func pieces(more ...string) *Vocabulary {
	list := make([]string, 256, 256+len(more)+1)
	for b := range 256 {
		list[b] = string([]byte{byte(b)})
	}
	list = append(append(list, more...), "")
	return NewVocabulary(len(list), func(id int32) string { return list[id] })
}

// wander makes a text of at most most tokens by random choices among those that are allowed.
func wander(t *testing.T, c *Constraint, most int, rng *rand.Rand) string {
	t.Helper()
	k := c.Begin()
	var out []byte
	for n := 0; n < most; n++ {
		if k.Accepting() && (k.Final() || rng.IntN(3) == 0) {
			break
		}
		within, all := k.Allowed(most - n)
		var list []int32
		for id := range int32(c.Size()) {
			next, ok := k.After(id)
			if ok && !next.Accepting() && next.s.configs == nil {
				t.Fatalf("after %q the token %d leads to nothing", out, id)
			}
			if Has(all, id) != ok {
				t.Fatalf("after %q the mask says %v of token %q, the automaton %v", out, Has(all, id), c.v.text(id), ok)
			}
			if Has(within, id) {
				if !ok {
					t.Fatalf("after %q token %d is within but not allowed", out, id)
				}
				list = append(list, id)
			}
		}
		if len(list) == 0 {
			if k.Accepting() {
				break
			}
			t.Fatalf("after %q nothing is allowed with %d tokens left", out, most-n)
		}
		id := list[rng.IntN(len(list))]
		out = append(out, c.v.text(id)...)
		k, _ = k.After(id)
	}
	if !k.Accepting() {
		t.Fatalf("%q is not finished after %d tokens", out, most)
	}
	return string(out)
}

func TestTextsAlwaysMatch(t *testing.T) {
	v := pieces("ab", "abc", "bc", "é", "\xa9!", "true", "aa", "aaaa", `":`, "\U0001F600", "\xf0\x9f")
	rng := rand.New(rand.NewPCG(3, 4))
	for _, p := range []string{"(abc|ab){2,9}", "[é!]+z", "a{5,50}", "[\U0001F600-\U0001F64F]{1,3}\\.", "x*yz*"} {
		g, err := Regexp(p)
		if err != nil {
			t.Fatal(err)
		}
		c, err := New(g, v)
		if err != nil {
			t.Fatal(err)
		}
		re := regexp.MustCompile(`^(?:` + p + `)\z`)
		for range 30 {
			if s := wander(t, c, c.Needs()+rng.IntN(6), rng); !re.MatchString(s) {
				t.Errorf("%q does not match %q", s, p)
			}
		}
	}
}

func TestNeedsIsTheFewestTokens(t *testing.T) {
	g, _ := Regexp("a{10}b|c{30}")
	for _, x := range []struct {
		v    *Vocabulary
		want int
	}{{pieces(), 11}, {pieces("aaaa"), 5}, {pieces("aaaa", "aaaaab"), 3}, {pieces(strings.Repeat("a", 10) + "b"), 1}} {
		c, err := New(g, x.v)
		if err != nil || c.Needs() != x.want {
			t.Errorf("%d tokens, want %d, %v", c.Needs(), x.want, err)
		}
	}
}

func TestVocabularyThatCannotSpell(t *testing.T) {
	g, _ := Regexp("abc")
	if _, err := New(g, NewVocabulary(2, func(id int32) string { return []string{"ab", "d"}[id] })); err == nil {
		t.Error("no error")
	}
	// Tokens that lead to where single bytes cannot finish are left out while others can.
	g, _ = Regexp("ab|aé")
	c, err := New(g, NewVocabulary(3, func(id int32) string { return []string{"a", "b", "a\xc3"}[id] }))
	if err != nil {
		t.Fatal(err)
	}
	if _, all := c.Begin().Allowed(9); fmt.Sprint(all) != "[1]" {
		t.Errorf("%b", all)
	}
}
