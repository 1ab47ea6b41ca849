// Package characters knows the properties of characters as the tokenizers library does: Unicode 16 for its regular
// expressions, other versions elsewhere. Go's package unicode is older or newer than that; tables.go has the difference.
package characters

import (
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode"
)

// The classes of Classes.
const (
	Other = uint8(iota)
	Letter
	Number
	Space
	Mark
)

// Classes returns the class of every character: letter (\p{L}), number (\p{N}), mark (\p{M}), white space or other. The
// table is made once; nobody may write to it.
var Classes = sync.OnceValue(func() *[unicode.MaxRune + 1]uint8 {
	t := new([unicode.MaxRune + 1]uint8)
	for _, x := range []struct {
		name  string
		class uint8
	}{{"M", Mark}, {"L", Letter}, {"N", Number}, {"Space", Space}} {
		list, _ := Property(x.name)
		for _, r := range list {
			for c := r[0]; c <= r[1]; c++ {
				t[c] = x.class
			}
		}
	}
	return t
})

// newer is what tables.go adds to the properties of Go.
var newer = map[string][][2]rune{"Lu": newerLu, "Ll": newerLl, "Lm": newerLm, "Lo": newerLo, "Mn": newerMn, "Mc": newerMc, "Nd": newerNd,
	"Pd": newerPd, "Po": newerPo, "Sm": newerSm, "So": newerSo, "Han": newerHan, "Latin": newerLatin}

// aliases are other names of properties, in lower case and without spaces, - and _.
var aliases = map[string]string{"letter": "L", "mark": "M", "number": "N", "punctuation": "P", "symbol": "S", "separator": "Z", "other": "C",
	"uppercaseletter": "Lu", "lowercaseletter": "Ll", "titlecaseletter": "Lt", "modifierletter": "Lm", "otherletter": "Lo",
	"nonspacingmark": "Mn", "spacingmark": "Mc", "enclosingmark": "Me", "decimalnumber": "Nd", "letternumber": "Nl", "othernumber": "No",
	"connectorpunctuation": "Pc", "dashpunctuation": "Pd", "openpunctuation": "Ps", "closepunctuation": "Pe", "initialpunctuation": "Pi",
	"finalpunctuation": "Pf", "otherpunctuation": "Po", "mathsymbol": "Sm", "currencysymbol": "Sc", "modifiersymbol": "Sk", "othersymbol": "So",
	"spaceseparator": "Zs", "lineseparator": "Zl", "paragraphseparator": "Zp", "control": "Cc", "format": "Cf", "surrogate": "Cs", "privateuse": "Co",
	"unassigned": "Cn", "whitespace": "Space", "alpha": "Alphabetic"}

func plain(name string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "_", "").Replace(name))
}

// names are the properties of Go by their plain names.
var names = sync.OnceValue(func() map[string]*unicode.RangeTable {
	out := map[string]*unicode.RangeTable{}
	for _, all := range []map[string]*unicode.RangeTable{unicode.Properties, unicode.Scripts, unicode.Categories} {
		for name, t := range all {
			out[plain(name)] = t
		}
	}
	return out
})

var known sync.Map // the properties that were asked for

// Property returns the characters of a category, a script, or one of the names of POSIX, as ranges in order.
func Property(name string) ([][2]rune, bool) {
	if v, ok := known.Load(name); ok {
		return slices.Clone(v.([][2]rune)), true
	}
	list, ok := property(name)
	if ok {
		known.Store(name, slices.Clone(list))
	}
	return list, ok
}

func property(name string) ([][2]rune, bool) {
	key := plain(name)
	if a, ok := aliases[key]; ok {
		key = plain(a)
	}
	if list, ok := composed(key); ok {
		return list, true
	}
	t, ok := names()[key]
	if !ok {
		return nil, false
	}
	var list [][2]rune
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			list = append(list, [2]rune{lo, hi})
			return
		}
		for r := lo; r <= hi; r += stride {
			list = append(list, [2]rune{r, r})
		}
	}
	for _, r := range t.R16 {
		add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
	for _, r := range t.R32 {
		add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
	for n, more := range newer {
		if p := plain(n); p == key || len(key) == 1 && len(p) == 2 && p[:1] == key {
			list = append(list, more...)
		}
	}
	return Union(list), true
}

// composed are the properties that are made of others.
func composed(key string) ([][2]rune, bool) {
	of := func(names ...string) [][2]rune {
		var list [][2]rune
		for _, n := range names {
			p, _ := Property(n)
			list = append(list, p...)
		}
		return Union(list)
	}
	switch key {
	case "any":
		return [][2]rune{{0, unicode.MaxRune}}, true
	case "space":
		return [][2]rune{{'\t', '\r'}, {' ', ' '}, {0x85, 0x85}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}}, true
	case "digit":
		return of("Nd"), true
	case "alphabetic":
		return of("L", "Nl", "Other_Alphabetic"), true
	case "alnum":
		return of("Alphabetic", "Nd"), true
	case "word":
		return of("L", "M", "Nd", "Nl", "Pc", "Other_Alphabetic"), true
	case "punct":
		return of("P", "S"), true
	case "upper":
		return of("Lu", "Other_Uppercase"), true
	case "lower":
		return of("Ll", "Other_Lowercase"), true
	case "xdigit":
		return [][2]rune{{'0', '9'}, {'A', 'F'}, {'a', 'f'}}, true
	case "ascii":
		return [][2]rune{{0, 0x7F}}, true
	case "blank":
		return Union(append(of("Zs"), [2]rune{'\t', '\t'})), true
	case "cntrl":
		return of("Cc"), true
	case "cn":
		return Complement(of("L", "M", "N", "P", "S", "Z", "Cc", "Cf", "Co", "Cs")), true
	case "c":
		return Complement(of("L", "M", "N", "P", "S", "Z")), true
	case "graph":
		return Complement(of("Space", "Cc", "Cn", "Cs")), true
	case "print":
		return Union(append(of("graph"), of("Zs")...)), true
	}
	return nil, false
}

// Union sorts ranges and joins those that touch.
func Union(list [][2]rune) [][2]rune {
	list = append([][2]rune{}, list...)
	sort.Slice(list, func(i, j int) bool { return list[i][0] < list[j][0] })
	out := list[:0]
	for _, r := range list {
		if n := len(out); n > 0 && r[0] <= out[n-1][1]+1 {
			out[n-1][1] = max(out[n-1][1], r[1])
		} else {
			out = append(out, r)
		}
	}
	return out
}

// Complement returns all other characters; the ranges must be as Union returns them.
func Complement(list [][2]rune) [][2]rune {
	var out [][2]rune
	next := rune(0)
	for _, r := range list {
		if r[0] > next {
			out = append(out, [2]rune{next, r[0] - 1})
		}
		next = r[1] + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, [2]rune{next, unicode.MaxRune})
	}
	return out
}

// A Set is a set of characters that answers fast.
type Set struct {
	page  [(unicode.MaxRune + 1) >> 8]uint16
	pages [][4]uint64
}

// NewSet makes a set of ranges.
func NewSet(list [][2]rune) *Set {
	s := &Set{pages: [][4]uint64{{}, {^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}}} // an empty page and a full one
	seen := map[[4]uint64]uint16{}
	k := 0
	list = Union(list)
	for p := range s.page {
		lo, hi := rune(p)<<8, rune(p)<<8+255
		for k < len(list) && list[k][1] < lo {
			k++
		}
		if k == len(list) {
			break
		}
		if list[k][0] > hi {
			continue
		}
		if list[k][0] <= lo && list[k][1] >= hi {
			s.page[p] = 1
			continue
		}
		var bits [4]uint64
		for i := k; i < len(list) && list[i][0] <= hi; i++ {
			for r := max(lo, list[i][0]); r <= min(hi, list[i][1]); r++ {
				bits[r>>6&3] |= 1 << (r & 63)
			}
		}
		at, ok := seen[bits]
		if !ok {
			at = uint16(len(s.pages))
			seen[bits] = at
			s.pages = append(s.pages, bits)
		}
		s.page[p] = at
	}
	return s
}

// Has tells whether r is in the set.
func (s *Set) Has(r rune) bool { return s.pages[s.page[r>>8]][r>>6&3]>>(r&63)&1 != 0 }

func in(list [][2]rune, r rune) bool {
	i := sort.Search(len(list), func(i int) bool { return list[i][1] >= r })
	return i < len(list) && list[i][0] <= r
}

// IsWord is \w of Rust's regular expressions, which differ from Oniguruma's.
var IsWord = func() func(rune) bool {
	set := sync.OnceValue(func() *Set {
		list, _ := Property("word")
		return NewSet(append(list, [2]rune{0x200C, 0x200D}))
	})
	return func(r rune) bool { return set().Has(r) }
}()

// IsNumeric is what the Digits pre-tokenizer takes for a digit.
func IsNumeric(r rune) bool { return Classes()[r] == Number || r >= 0x80 && in(newerNumeric, r) }

// IsPunctuation is what the Punctuation pre-tokenizer cuts out.
func IsPunctuation(r rune) bool { return in(punctuation, r) }

// IsMark is what StripAccents drops.
func IsMark(r rune) bool { return r >= 0x300 && in(marks, r) }

// Decomposes is false for characters that have no decomposition for tokenizers, whatever newer Unicode says.
func Decomposes(r rune) bool { return !in(undecomposed, r) }

// Reorders is false for marks whose combining class is 0 for tokenizers, whatever newer Unicode says.
func Reorders(r rune) bool { return !in(starters, r) }

// Lower is the small form of r as a text.
func Lower(r rune) string {
	if r == 'İ' { // the one letter whose small form is two characters
		return "i̇"
	}
	for _, x := range newerLower {
		if r >= x[0] && r <= x[1] {
			return string(r + x[2])
		}
	}
	return string(unicode.ToLower(r))
}

// Meets tells whether both sets have one of the 256 characters from r, a multiple of 256, in common.
func (s *Set) Meets(t *Set, r rune) bool {
	a, b := &s.pages[s.page[r>>8]], &t.pages[t.page[r>>8]]
	return a[0]&b[0]|a[1]&b[1]|a[2]&b[2]|a[3]&b[3] != 0
}
