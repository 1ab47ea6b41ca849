package characters

import (
	"sort"
	"sync"
	"unicode"
)

// scriptsOf is the number of every character's script in names, or 0.
var scriptsOf = sync.OnceValues(func() (*[unicode.MaxRune + 1]uint8, []string) {
	t, names := new([unicode.MaxRune + 1]uint8), []string{""}
	for name := range unicode.Scripts {
		names = append(names, name)
	}
	sort.Strings(names)
	for i, name := range names[1:] {
		table := unicode.Scripts[name]
		for _, r := range table.R16 {
			for c := int(r.Lo); c <= int(r.Hi); c += int(r.Stride) {
				t[c] = uint8(i + 1)
			}
		}
		for _, r := range table.R32 {
			for c := int(r.Lo); c <= int(r.Hi); c += int(r.Stride) {
				t[c] = uint8(i + 1)
			}
		}
	}
	return t, names
})

// Script returns the script of a character, Common and Inherited among them, or "" where it has none.
func Script(r rune) string {
	t, names := scriptsOf()
	if r < 0 || r > unicode.MaxRune {
		return ""
	}
	return names[t[r]]
}
