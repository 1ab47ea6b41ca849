package main

import (
	"flag"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// nearest returns the name that was most likely meant by word, or "" if none is near: one letter in three may be wrong,
// left out or too many, and two neighbours may have changed places.
func nearest(word string, names []string) string {
	best, least := "", (len(word)+1)/3+1
	for _, n := range names {
		d := edits(strings.ToLower(word), n)
		if len(word) >= 3 && strings.HasPrefix(n, strings.ToLower(word)) {
			d = min(d, 1)
		}
		if d < least {
			best, least = n, d
		}
	}
	return best
}

// edits is the number of letters to change, to insert, to remove or to swap with a neighbour (the optimal string alignment
// distance) that make b of a.
func edits(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := d[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// meant is the end of a message about an unknown word: ": did you mean train?", or nothing.
func meant(word string, names []string) string {
	if n := nearest(word, names); n != "" {
		return ": did you mean " + n + "?"
	}
	return ""
}

// refused says in the user's words why package flag refused an argument, and which flag was meant. That package has
// only texts for it, no errors to tell apart.
func refused(fl *flag.FlagSet, err error) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		var names []string
		fl.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
		if n := nearest(name, names); n != "" {
			return fmt.Errorf("there is no flag %s: did you mean %s?", dashes(name), dashes(n))
		}
		return fmt.Errorf("there is no flag %s", dashes(name))
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return fmt.Errorf("%s needs a value after it", dashes(name))
	}
	m := wrongValue.FindStringSubmatch(text)
	if m == nil {
		return err
	}
	value, name, why := m[1], m[2]+m[3], m[4]
	switch f := fl.Lookup(name); {
	case why != "parse error" && why != "value out of range":
		return fmt.Errorf("%s: %s", dashes(name), why)
	case f == nil:
		return err
	default:
		return fmt.Errorf("%s: %s is not %s", dashes(name), value, wanted(f.Value))
	}
}

var wrongValue = regexp.MustCompile(`(?s)^invalid (?:boolean )?value (".*") for (?:flag -(\S+?)|-(\S+?)): (.*)$`)

// wanted says what a flag takes.
func wanted(v flag.Value) string {
	g, ok := v.(flag.Getter)
	if !ok {
		return "a value that it takes"
	}
	switch g.Get().(type) {
	case bool:
		return "true or false"
	case float64:
		return "a number"
	case uint, uint64:
		return "a whole number of 0 or more (or too large)"
	case int, int64:
		return "a whole number (or too large)"
	case time.Duration:
		return "a time such as 30s or 5m"
	}
	return "a value that it takes"
}

// dashes writes a flag as people do: one dash before a letter, two before a word.
func dashes(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// commandNames lists what may follow "lyceum".
func commandNames() []string {
	names := []string{"help", "version"}
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return names
}

// noCommand reports a word that is no command.
func noCommand(word string) string {
	return fmt.Sprintf("lyceum: there is no command %q%s ('lyceum help' lists them)", word, meant(word, commandNames()))
}
