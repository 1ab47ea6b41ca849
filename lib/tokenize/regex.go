package tokenize

import "fmt"

func regex(pattern string) (func(s string) [][2]int, error) {
	m, ok := knownMatcher(pattern)
	if !ok {
		return nil, fmt.Errorf("the pattern %q is not known", pattern)
	}
	return func(s string) [][2]int {
		var out [][2]int
		for at := 0; at < len(s); {
			n := m.next(s[at:])
			out = append(out, [2]int{at, at + n})
			at += n
		}
		return out
	}, nil
}
