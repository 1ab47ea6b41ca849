package regex

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestAsOniguruma compares with testdata/golden.json. LYCEUM_PATTERNS may name a larger file, made by testdata/make.py.
func TestAsOniguruma(t *testing.T) {
	files := []string{"testdata/golden.json"}
	if f := os.Getenv("LYCEUM_PATTERNS"); f != "" {
		files = append(files, f)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []struct {
			Name, Pattern string
			Texts         []struct {
				Text    string
				Matches [][2]int
			}
		}
		if err := json.Unmarshal(data, &cases); err != nil {
			t.Fatal(err)
		}
		wrong := 0
		for _, c := range cases {
			re, err := Compile(c.Pattern)
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
				continue
			}
			for _, x := range c.Texts {
				got := [][2]int{}
				re.Each(x.Text, func(at, end int) {
					if end > at { // the pre-tokenizer drops empty pieces
						got = append(got, [2]int{at, end})
					}
				})
				if !slices.Equal(got, x.Matches) {
					if wrong++; wrong < 20 {
						t.Errorf("%s: %s in %q: %v, want %v", c.Name, c.Pattern, x.Text, got, x.Matches)
					}
				}
			}
		}
		if wrong >= 20 {
			t.Errorf("%d cases are wrong in all", wrong)
		}
	}
}

func TestAttacksEnd(t *testing.T) {
	n := 20_000
	for _, pattern := range []string{`(a+)+b`, `(?:a|a)*b`, `(?:a*)*b`, `a*a*a*a*b`, `\s*[\r\n]+|\s+(?!\S)|\s+`, `(?=(?:a|aa)+b)a`, `(?>(?:a|aa)+b)|a`, `.*?.*?x`} {
		re, err := Compile(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{strings.Repeat("a", n), strings.Repeat(" ", n) + "a"} {
			m := re.machine(text)
			for at := 0; at < len(text) && m.steps <= m.most; at++ {
				m.run(re.prog, at, -1)
			}
			if m.steps > m.most+len(text) {
				t.Errorf("%s: %d steps for %d bytes", pattern, m.steps, len(text))
			}
		}
	}
}

func TestBadPatterns(t *testing.T) {
	for pattern, want := range map[string]string{
		`(a`: "does not end", `a)`: "closes", `[a`: "does not end", `\p{Nonsense}`: "property", `*a`: "before", `(a)\1`: `\1`, `a{2000}`: "repetitions",
		`(?<=a+)b`: "look-behind", `(?x:a)`: "flag", strings.Repeat("(", 300): "deep", `\x{zz}`: "base 16", `[b-a]`: "empty", `a\`: "backslash",
		`(?:(?:(?:a{900}){900}){900})`: "too large",
	} {
		if _, err := Compile(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: got %v, want %q", pattern, err, want)
		}
	}
}

func FuzzCompile(f *testing.F) {
	f.Add(`(?i:'s)|[^\r\n\p{L}]?\p{L}+|\s+(?!\S)|(?<=a)b*+`, "a 's \n")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(text) > 200 {
			return
		}
		re, err := Compile(pattern)
		if err != nil {
			return
		}
		last := 0
		for _, m := range re.FindAll(text) {
			if m[0] < last || m[1] < m[0] || m[1] > len(text) {
				t.Fatalf("%q in %q: %v", pattern, text, m)
			}
			last = m[1]
		}
	})
}
