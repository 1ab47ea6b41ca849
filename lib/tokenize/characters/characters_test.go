package characters

import (
	"testing"
	"unicode"
)

// TestNewer looks at characters of Unicode 16, which the tables add to whatever version Go has.
func TestNewer(t *testing.T) {
	for _, x := range []struct {
		r        rune
		property string
	}{{0x1C89, "Lu"}, {0x1C89, "L"}, {0x105C0, "Letter"}, {0x10D40, "Nd"}, {0x10D40, "N"}, {0x1CC00, "S"}, {0x2EBF0, "Han"}, {'_', "word"}, {0x3000, "space"}, {0x24B6, "alpha"}, {0x378, "Cn"}, {'!', "punct"}} {
		list, ok := Property(x.property)
		if !ok || !NewSet(list).Has(x.r) {
			t.Errorf("%U is not in %s", x.r, x.property)
		}
		if NewSet(Complement(list)).Has(x.r) {
			t.Errorf("%U is in the complement of %s", x.r, x.property)
		}
	}
	if _, ok := Property("nonsense"); ok {
		t.Error("there is a property called nonsense")
	}
	if c := Classes()[0x105C0]; c != Letter {
		t.Errorf("U+105C0 has the class %d", c)
	}
	if Lower('İ') != "i̇" || Lower(0x1C89) != "\u1c8a" || Lower('A') != "a" {
		t.Error("small letters")
	}
}

func TestSetsAreTheirRanges(t *testing.T) {
	list := [][2]rune{{5, 5}, {60, 70}, {255, 300}, {0x400, 0x8ff}, {0x10000, 0x10001}, {unicode.MaxRune, unicode.MaxRune}}
	s, not := NewSet(list), NewSet(Complement(list))
	for r := rune(0); r <= unicode.MaxRune; r++ {
		want := in(list, r)
		if s.Has(r) != want || not.Has(r) == want {
			t.Fatalf("%U: %v", r, s.Has(r))
		}
	}
}
