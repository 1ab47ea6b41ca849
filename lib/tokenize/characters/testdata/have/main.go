// Command have prints what Go's packages know of characters, for make.py.
package main

import (
	"encoding/json"
	"os"
	"strconv"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

func main() {
	out := map[string]any{}
	add := func(name string, is func(rune) bool) {
		list := [][2]rune{}
		for r := rune(0); r <= unicode.MaxRune; r++ {
			if !is(r) {
				continue
			}
			if n := len(list); n > 0 && list[n-1][1] == r-1 {
				list[n-1][1] = r
			} else {
				list = append(list, [2]rune{r, r})
			}
		}
		out[name] = list
	}
	for name, t := range unicode.Categories {
		add(name, func(r rune) bool { return unicode.Is(t, r) })
	}
	for _, name := range []string{"Han", "Latin"} {
		add(name, func(r rune) bool { return unicode.Is(unicode.Scripts[name], r) })
	}
	add("NFKD", func(r rune) bool { return norm.NFKD.PropertiesString(string(r)).Decomposition() != nil })
	classes := map[string]uint8{}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if c := norm.NFD.PropertiesString(string(r)).CCC(); c != 0 {
			classes[strconv.Itoa(int(r))] = c
		}
	}
	out["ccc"] = classes
	lower := map[string]rune{}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if l := unicode.ToLower(r); l != r {
			lower[strconv.Itoa(int(r))] = l
		}
	}
	out["lower"] = lower
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		panic(err)
	}
}
