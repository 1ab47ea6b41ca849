package constrain

import (
	"encoding/json"
	"unicode/utf8"
)

// The parts of a JSON text (RFC 8259). A number is bounded in its digits, so that every reader takes it.

// space is what may stand between the parts: nothing, a space, or a new line with an indentation.
func space() node {
	return choice{empty, text(" "), sequence{text("\n"), repeat{oneOf(" \t"), 0, 20}}}
}

func oneOf(s string) byteSet {
	var set byteSet
	for i := range len(s) {
		set.add(s[i], s[i])
	}
	return set
}

func digit() byteSet { return oneByte('0', '9') }

// mostDigits is of an integer: any of them fits into 64 bits.
const mostDigits = 18

func digits(min, max int) node { return repeat{digit(), min, max} }

func natural() node {
	return choice{text("0"), sequence{oneByte('1', '9'), digits(0, mostDigits-1)}}
}

func anyInteger() node { return sequence{optional(text("-")), natural()} }

func anyNumber() node {
	return sequence{optional(text("-")), choice{text("0"), sequence{oneByte('1', '9'), digits(0, 14)}},
		optional(sequence{text("."), digits(1, 15)}), optional(sequence{oneOf("eE"), optional(oneOf("+-")), digits(1, 2)})}
}

// quotedRunes returns how the characters in ranges stand inside a JSON string: themselves, or escaped where they must be.
func quotedRunes(pairs []rune) node {
	var plain []rune
	var escaped choice
	for i := 0; i+1 < len(pairs); i += 2 {
		lo, hi := pairs[i], pairs[i+1]
		for r := lo; r <= min(hi, '\\'); r++ {
			if r < ' ' || r == '"' || r == '\\' {
				escaped = append(escaped, text(escape(r)))
				if lo < r {
					plain = append(plain, lo, r-1)
				}
				lo = r + 1
			}
		}
		if lo <= hi {
			plain = append(plain, lo, hi)
		}
	}
	switch n := runes(plain).(type) {
	case choice:
		return append(n, escaped...)
	default:
		if len(escaped) == 0 {
			return n
		}
		return append(escaped, n)
	}
}

func escape(r rune) string {
	switch r {
	case '\b':
		return `\b`
	case '\f':
		return `\f`
	}
	b, _ := json.Marshal(string(r)) // of a string there is no error
	return string(b[1 : len(b)-1])
}

// anyCharacter is one character of a JSON string, in each of its spellings.
func anyCharacter() node {
	hex := oneOf("0123456789abcdefABCDEF")
	unit := func(first ...node) node { return append(sequence{text(`\u`)}, first...) }
	return choice{runes([]rune{' ', '!', '#', '[', ']', utf8.MaxRune}), sequence{text(`\`), oneOf(`"\/bfnrt`)},
		unit(oneOf("0123456789abcefABCEF"), hex, hex, hex), unit(oneOf("dD"), oneByte('0', '7'), hex, hex),
		// A pair of surrogates.
		sequence{unit(oneOf("dD"), oneOf("89abAB"), hex, hex), unit(oneOf("dD"), oneOf("cdefCDEF"), hex, hex)}}
}

func anyString() node {
	return quoted(repeat{&rule{name: "character", body: anyCharacter()}, 0, -1})
}

func quoted(n node) node { return sequence{text(`"`), n, text(`"`)} }

// anyValue returns rules for any JSON value and for any object.
func anyValue() (value, object *rule) {
	value, object = &rule{name: "value"}, &rule{name: "object"}
	str := &rule{name: "string", body: anyString()}
	object.body = enclosed("{", separated(sequence{str, space(), text(":"), space(), value}, 0, -1), "}")
	value.body = choice{object, enclosed("[", separated(value, 0, -1), "]"), str, anyNumber(), text("true"), text("false"), text("null")}
	return value, object
}

// enclosed puts brackets around items that are nil, for none, or the first, followed by the others.
func enclosed(open string, items node, end string) node {
	return sequence{text(open), space(), items, text(end)}
}

func comma() node { return sequence{text(","), space()} }

// separated is min to max of the items with commas between them, and space after each.
func separated(item node, min, max int) node {
	if max == 0 {
		return empty
	}
	more := repeat{sequence{comma(), item, space()}, maxOf(min-1, 0), max - 1}
	if max < 0 {
		more.max = -1
	}
	n := sequence{item, space(), more}
	if min == 0 {
		return optional(n)
	}
	return n
}

func maxOf(a, b int) int { return max(a, b) }

// JSON returns the texts that are one JSON value; with object, an object.
func JSON(object bool) *Grammar {
	value, obj := anyValue()
	n, name := value, "JSON"
	if object {
		n, name = obj, "a JSON object"
	}
	g, err := compile(name, n)
	if err != nil {
		panic(err)
	}
	return g
}
