package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"
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

// unknownFlag says of a flag that does not exist which was meant. Package flag has no error of its own for that.
func unknownFlag(fl *flag.FlagSet, err error) error {
	name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !ok {
		return err
	}
	var names []string
	fl.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	text := "there is no flag " + dashes(name)
	if n := nearest(name, names); n != "" {
		text += ": did you mean " + dashes(n) + "?"
	}
	return errors.New(text)
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
