package constrain

import (
	"encoding/json"
	"math/big"
	"unicode/utf8"
)

// str is the strings of a schema. Where only one thing is said of them it is laid as it is; else tables are intersected, over
// strings whose characters stand for themselves unless JSON asks for an escape.
func (s *schemas) str(m *members, path string) (node, error) {
	least, most, err := limits(m, "minLength", "maxLength", path)
	if err != nil {
		return nil, err
	}
	var parts []node
	for _, p := range listed(m.of["pattern"]) {
		n, err := patternOf(p, path)
		if err != nil {
			return nil, err
		}
		parts = append(parts, n)
	}
	for _, f := range listed(m.of["format"]) {
		name, _ := f.(string)
		if form, ok := formats[name]; ok {
			n, err := patternNode(form, false, quotedRunes)
			if err != nil {
				return nil, at(path, "%v", err)
			}
			parts = append(parts, n)
		}
	}
	no := negatedOf(m)
	bounded := least > 0 || most >= 0
	if len(no.patterns) == 0 && !hasStrings(no.enum) {
		switch {
		case len(parts) == 0:
			return quoted(repeat{s.character, least, most}), nil
		case len(parts) == 1 && !bounded:
			return quoted(parts[0]), nil
		}
	}
	d := automatonOf(repeat{plainCharacter(), least, most})
	for _, p := range parts {
		d = d.and(automatonOf(p))
	}
	for _, p := range no.patterns {
		n, err := patternOf(p, path)
		if err != nil {
			return nil, err
		}
		d = d.without(automatonOf(n))
	}
	for _, v := range no.enum {
		if text, ok := v.(string); ok {
			d = d.without(automatonOf(spelled(text)))
		}
	}
	return quoted(d), nil
}

func hasStrings(list []any) bool {
	for _, v := range list {
		if _, ok := v.(string); ok {
			return true
		}
	}
	return false
}

func patternOf(v any, path string) (node, error) {
	pattern, ok := v.(string)
	if !ok {
		return nil, at(path, "pattern is %v, it must be a string", v)
	}
	n, err := patternNode(pattern, true, quotedRunes)
	if err != nil {
		return nil, at(path, "%v", err)
	}
	return n, nil
}

// plainCharacter is one character in the spelling that quotedRunes gives it.
func plainCharacter() node {
	return &rule{name: "character", body: quotedRunes([]rune{0, utf8.MaxRune})}
}

func spelled(text string) node {
	var out sequence
	for _, r := range text {
		out = append(out, quotedRunes([]rune{r, r}))
	}
	return out
}

func (s *schemas) number(m *members, kind, path string) (node, error) {
	b, err := boundsOf(m, path)
	if err != nil {
		return nil, err
	}
	no := negatedOf(m)
	multiples := listed(m.of["multipleOf"])
	tables := len(multiples) > 0 || len(no.multiples) > 0 || hasNumbers(no.enum) || kind == fraction
	var n node
	switch {
	case b.none() && kind == "integer":
		n = anyInteger()
	case b.none() && !tables:
		n = anyNumber()
	case b.none():
		n = sequence{optional(text("-")), choice{text("0"), sequence{oneByte('1', '9'), digits(0, 14)}}, optional(sequence{text("."), digits(1, 15)})}
	case kind == "integer":
		n = integers(b)
	default:
		n = numbers(b)
	}
	if !tables {
		return n, nil
	}
	d := automatonOf(n)
	for _, v := range multiples {
		t, err := multiplesOf(v, path)
		if err != nil {
			return nil, err
		}
		d = d.and(t)
	}
	for _, v := range no.multiples {
		t, err := multiplesOf(v, path)
		if err != nil {
			return nil, err
		}
		d = d.without(t)
	}
	for _, v := range no.enum {
		if x, ok := ratOf(v); ok {
			d = d.without(automatonOf(spellings(x)))
		}
	}
	if kind == fraction {
		d = d.without(automatonOf(sequence{optional(text("-")), digits(1, -1), optional(sequence{text("."), repeat{text("0"), 0, -1}})}))
	}
	return d, nil
}

func hasNumbers(list []any) bool {
	for _, v := range list {
		if _, ok := v.(json.Number); ok {
			return true
		}
	}
	return false
}

func boundsOf(m *members, path string) (b bounds, err error) {
	for _, k := range []string{"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"} {
		v, ok := m.of[k]
		if !ok {
			continue
		}
		r, ok := ratOf(v)
		if !ok {
			return b, at(path, "%s is %v, it must be a number of moderate size", k, v)
		}
		open := k[:2] == "ex"
		if k == "minimum" || k == "exclusiveMinimum" {
			if b.lo == nil || r.Cmp(b.lo) >= 0 {
				b.lo, b.loOpen = r, open
			}
		} else if b.hi == nil || r.Cmp(b.hi) <= 0 {
			b.hi, b.hiOpen = r, open
		}
	}
	return b, nil
}

// spellings are the ways to write x without an exponent.
func spellings(x *big.Rat) node {
	zeros := repeat{text("0"), 0, -1}
	out := sequence{text(new(big.Rat).Abs(x).FloatString(0)), optional(sequence{text("."), zeros})}
	if !x.IsInt() {
		places := 1
		for !new(big.Rat).Mul(x, tenTo(places)).IsInt() {
			places++
		}
		out = sequence{text(new(big.Rat).Abs(x).FloatString(places)), zeros}
	}
	switch x.Sign() {
	case -1:
		return sequence{text("-"), out}
	case 0:
		return sequence{optional(text("-")), out}
	}
	return out
}

func tenTo(n int) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil))
}

// multiplesOf are the decimal texts of whole multiples of v = step / 10^places: the digits read so far, as one whole number,
// are kept modulo step, beside how many of them stand after the point.
func multiplesOf(v any, path string) (*dfa, error) {
	x, ok := ratOf(v)
	if !ok || x.Sign() <= 0 {
		return nil, at(path, "multipleOf is %v, it must be a number above 0 and of moderate size", v)
	}
	places := 0
	for ; places <= mostDecimals && !x.IsInt(); places++ {
		x = new(big.Rat).Mul(x, tenTo(1))
	}
	if !x.IsInt() || x.Cmp(big.NewRat(mostDFA/int64(places+2), 1)) > 0 {
		return nil, at(path, "multipleOf %v is not supported: without its point it has more than %d", v, mostDFA/int64(places+2))
	}
	step := int(x.Num().Int64())
	d := &dfa{next: make([][256]int32, 1+step*(places+2)), accept: make([]bool, 1+step*(places+2))}
	for i := range d.next {
		for c := range d.next[i] {
			d.next[i][c] = dead
		}
	}
	// Row 0 is the whole part, row 1+k after the point and k digits; state 0 is before all of them.
	id := func(row, rest int) int32 { return int32(1 + row*step + rest) }
	digits := func(from int32, row, rest int) {
		for digit := range 10 {
			d.next[from]['0'+digit] = id(row, (rest*10+digit)%step)
		}
	}
	d.next[0]['-'] = 0
	digits(0, 0, 0)
	for rest := range step {
		digits(id(0, rest), 0, rest)
		d.next[id(0, rest)]['.'] = id(1, rest)
		scaled := rest
		for k := places; k >= 0; k-- {
			here := id(1+k, rest)
			if d.accept[here] = scaled == 0; k < places {
				digits(here, 2+k, rest)
			} else {
				d.next[here]['0'] = here
			}
			d.accept[id(0, rest)] = scaled == 0
			scaled = scaled * 10 % step
		}
	}
	return d.trimmed(), nil
}
