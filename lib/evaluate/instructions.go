package evaluate

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An Instruction is something that was asked of a text and that a program can check (Zhou et al. 2023, arXiv:2311.07911,
// whose instructions these are, with some more).
type Instruction struct {
	Name  string                 // such as "length/words"
	Text  string                 // as it could be asked for
	Check func(text string) bool // whether a text follows it
}

// Words asks for at least least words and at most most; 0 for most is no bound.
func Words(least, most int) Instruction {
	return counted("length/words", "words", least, most, func(s string) int { return len(wordsOf(s)) })
}

// Sentences asks for a number of sentences.
func Sentences(least, most int) Instruction {
	return counted("length/sentences", "sentences", least, most, func(s string) int { return len(sentencesOf(s)) })
}

// Paragraphs asks for a number of paragraphs, with an empty line between two.
func Paragraphs(least, most int) Instruction {
	return counted("length/paragraphs", "paragraphs", least, most, func(s string) int {
		n := 0
		for _, p := range regexp.MustCompile(`\n\s*\n`).Split(s, -1) {
			if strings.TrimSpace(p) != "" {
				n++
			}
		}
		return n
	})
}

// Characters asks for a number of characters.
func Characters(least, most int) Instruction {
	return counted("length/characters", "characters", least, most, func(s string) int { return utf8.RuneCountInString(strings.TrimSpace(s)) })
}

func counted(name, what string, least, most int, count func(string) int) Instruction {
	return Instruction{name, fmt.Sprintf("Answer with %s %s.", span(least, most), what), func(s string) bool { return within(count(s), least, most) }}
}

func within(n, least, most int) bool { return n >= least && (most == 0 || n <= most) }

func span(least, most int) string {
	switch {
	case least == most:
		return fmt.Sprintf("exactly %d", least)
	case most == 0:
		return fmt.Sprintf("at least %d", least)
	case least == 0:
		return fmt.Sprintf("at most %d", most)
	}
	return fmt.Sprintf("%d to %d", least, most)
}

var wordPattern = regexp.MustCompile(`[\pL\pN_]+(?:['’-][\pL\pN_]+)*`)

func wordsOf(s string) []string { return wordPattern.FindAllString(s, -1) }

// sentencesOf cuts at . ! ? and at the end of lines; the points of numbers and of single capital letters do not count.
func sentencesOf(s string) (out []string) {
	begin := 0
	add := func(end int) {
		if t := strings.TrimSpace(s[begin:end]); wordPattern.MatchString(t) {
			out = append(out, t)
		}
		begin = end
	}
	for i, r := range s {
		switch r {
		case '\n':
			add(i + 1)
		case '.', '!', '?', '。', '！', '？':
			next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
			before := wordsOf(s[begin:i])
			initial := r == '.' && len(before) > 0 && utf8.RuneCountInString(before[len(before)-1]) == 1 && unicode.IsUpper([]rune(before[len(before)-1])[0]) && before[len(before)-1] != "I"
			if r > unicode.MaxASCII || !initial && (next == utf8.RuneError || unicode.IsSpace(next) || strings.ContainsRune(`"')»”`, next)) {
				add(i + utf8.RuneLen(r))
			}
		}
	}
	add(len(s))
	return out
}

// times counts a word or phrase as a whole, in any case.
func times(text, phrase string) int {
	re := regexp.MustCompile(`(?i)` + regexp.QuoteMeta(phrase))
	n := 0
	for _, at := range re.FindAllStringIndex(text, -1) {
		before, _ := utf8.DecodeLastRuneInString(text[:at[0]])
		after, _ := utf8.DecodeRuneInString(text[at[1]:])
		if !letter(before) && !letter(after) {
			n++
		}
	}
	return n
}

func letter(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// Keywords asks for each of the words.
func Keywords(words ...string) Instruction {
	return Instruction{"keywords/existence", "Use the words " + strings.Join(words, ", ") + ".", func(s string) bool {
		for _, w := range words {
			if times(s, w) == 0 {
				return false
			}
		}
		return true
	}}
}

// Without asks for none of the words.
func Without(words ...string) Instruction {
	return Instruction{"keywords/forbidden", "Do not use the words " + strings.Join(words, ", ") + ".", func(s string) bool {
		for _, w := range words {
			if times(s, w) > 0 {
				return false
			}
		}
		return true
	}}
}

// KeywordTimes asks for a word a number of times.
func KeywordTimes(word string, least, most int) Instruction {
	return Instruction{"keywords/frequency", fmt.Sprintf("Use the word %s %s times.", word, span(least, most)), func(s string) bool { return within(times(s, word), least, most) }}
}

// LetterTimes asks for a letter, in any case, a number of times.
func LetterTimes(letter rune, least, most int) Instruction {
	return Instruction{"keywords/letter", fmt.Sprintf("Use the letter %c %s times.", letter, span(least, most)), func(s string) bool {
		return within(strings.Count(strings.ToLower(s), string(unicode.ToLower(letter))), least, most)
	}}
}

// Uppercase asks for capital letters only.
func Uppercase() Instruction {
	return Instruction{"case/upper", "Write in capital letters only.", func(s string) bool { return hasLetter(s) && s == strings.ToUpper(s) }}
}

// Lowercase asks for small letters only.
func Lowercase() Instruction {
	return Instruction{"case/lower", "Write in small letters only.", func(s string) bool { return hasLetter(s) && s == strings.ToLower(s) }}
}

func hasLetter(s string) bool { return strings.IndexFunc(s, unicode.IsLetter) >= 0 }

// CapitalWords asks for a number of words in capital letters.
func CapitalWords(least, most int) Instruction {
	return counted("case/capital_words", "words in capital letters", least, most, func(s string) int {
		n := 0
		for _, w := range wordsOf(s) {
			if hasLetter(w) && w == strings.ToUpper(w) {
				n++
			}
		}
		return n
	})
}

// StartsWith asks for a beginning.
func StartsWith(text string) Instruction {
	return Instruction{"startend/start", fmt.Sprintf("Begin with %q.", text), func(s string) bool {
		return strings.HasPrefix(strings.ToLower(strings.TrimSpace(s)), strings.ToLower(text))
	}}
}

// EndsWith asks for an end.
func EndsWith(text string) Instruction {
	return Instruction{"startend/end", fmt.Sprintf("End with %q.", text), func(s string) bool {
		return strings.HasSuffix(strings.ToLower(strings.Trim(strings.TrimSpace(s), `"`)), strings.ToLower(strings.TrimSpace(text)))
	}}
}

// Quoted asks for double quotation marks around everything.
func Quoted() Instruction {
	return Instruction{"startend/quotation", "Put your whole answer in double quotation marks.", func(s string) bool {
		s = strings.TrimSpace(s)
		return len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"'
	}}
}

// NoCommas asks for none.
func NoCommas() Instruction {
	return Instruction{"punctuation/no_comma", "Do not use commas.", func(s string) bool { return !strings.ContainsAny(s, ",，、") }}
}

// JSONFormat asks for JSON and nothing else; a fence of Markdown around it is allowed.
func JSONFormat() Instruction {
	return Instruction{"format/json", "Answer in JSON only.", func(s string) bool {
		s = strings.TrimSpace(s)
		for _, fence := range []string{"```json", "```JSON", "```Json", "```"} {
			s = strings.TrimPrefix(s, fence)
		}
		return json.Valid([]byte(strings.TrimSpace(strings.TrimSuffix(s, "```"))))
	}}
}

// Bullets asks for exactly n points of a list, lines that begin with * or -.
func Bullets(n int) Instruction {
	return lines("format/bullets", "bullet points", `(?m)^\s*[*\-]\s+\S`, n)
}

// Numbered asks for exactly n lines of a numbered list.
func Numbered(n int) Instruction {
	return lines("format/numbered", "numbered points", `(?m)^\s*\d+[.)]\s+\S`, n)
}

// Highlights asks for at least n parts in *stars* or **two of them**.
func Highlights(n int) Instruction {
	re := regexp.MustCompile(`\*\*[^*\n]*\S[^*\n]*\*\*|\*[^*\s][^*\n]*\*`)
	return Instruction{"format/highlights", fmt.Sprintf("Highlight at least %d parts with stars.", n), func(s string) bool { return len(re.FindAllString(s, -1)) >= n }}
}

// Placeholders asks for at least n, as [name].
func Placeholders(n int) Instruction {
	re := regexp.MustCompile(`\[[^\[\]\n]+\]`)
	return Instruction{"content/placeholders", fmt.Sprintf("Use at least %d placeholders in square brackets.", n), func(s string) bool { return len(re.FindAllString(s, -1)) >= n }}
}

// Titled asks for a title in double angle brackets.
func Titled() Instruction {
	re := regexp.MustCompile(`<<[^\n<>]*\S[^\n<>]*>>`)
	return Instruction{"format/title", "Give a title in double angle brackets, as <<title>>.", func(s string) bool { return re.MatchString(s) }}
}

// Sections asks for at least n sections that begin with a word and a number, as "Section 1".
func Sections(word string, n int) Instruction {
	re := regexp.MustCompile(`(?m)^\s*[#*]*\s*` + regexp.QuoteMeta(word) + `\s+[\dIVX]+`)
	return Instruction{"format/sections", fmt.Sprintf("Write at least %d sections that begin with %s and a number.", n, word), func(s string) bool { return len(re.FindAllString(s, -1)) >= n }}
}

// Postscript asks for one that begins with P.S. or another mark.
func Postscript(mark string) Instruction {
	return Instruction{"content/postscript", "Add a postscript that begins with " + mark + ".", func(s string) bool {
		at := strings.LastIndex(s, mark)
		return at >= 0 && strings.TrimSpace(s[at+len(mark):]) != ""
	}}
}

// OneOf asks for one of the answers and nothing else.
func OneOf(answers ...string) Instruction {
	return Instruction{"format/constrained", "Answer with one of: " + strings.Join(answers, "; ") + ".", func(s string) bool {
		return ExactMatch(s, answers...)
	}}
}

// TwoAnswers asks for two different answers with six stars between them.
func TwoAnswers() Instruction {
	return Instruction{"combination/two_responses", "Give two different answers with ****** between them.", func(s string) bool {
		parts := strings.Split(s, "******")
		return len(parts) == 2 && strings.TrimSpace(parts[0]) != "" && strings.TrimSpace(parts[1]) != "" && strings.TrimSpace(parts[0]) != strings.TrimSpace(parts[1])
	}}
}

// RepeatPrompt asks for the question itself first.
func RepeatPrompt(prompt string) Instruction {
	return Instruction{"combination/repeat_prompt", "Repeat the question word for word before you answer.", func(s string) bool {
		return strings.HasPrefix(strings.ToLower(strings.TrimSpace(s)), strings.ToLower(strings.TrimSpace(prompt)))
	}}
}

// NoDigits asks for numbers in words.
func NoDigits() Instruction {
	return Instruction{"numbers/words", "Write numbers in words.", func(s string) bool { return strings.IndexFunc(s, unicode.IsDigit) < 0 }}
}

// OnlyNumber asks for one number in digits and nothing else.
func OnlyNumber() Instruction {
	re := regexp.MustCompile(`^-?\d+(?:[.,]\d+)*\.?$`)
	return Instruction{"numbers/only", "Answer with a number only.", func(s string) bool { return re.MatchString(strings.TrimSpace(s)) }}
}

// Script asks for letters of one writing system of Unicode, as Latin, Cyrillic, Greek, Han, Arabic, Devanagari: at least nine
// letters in ten. It panics if there is none of that name.
func Script(name string) Instruction {
	table := unicode.Scripts[name]
	if table == nil {
		panic(fmt.Sprintf("evaluate.Script: Unicode has no script %q", name))
	}
	return Instruction{"language/script", "Write in " + name + " letters.", func(s string) bool {
		all, own := 0, 0
		for _, r := range s {
			if unicode.IsLetter(r) {
				all++
				if unicode.Is(table, r) {
					own++
				}
			}
		}
		return all > 0 && 10*own >= 9*all
	}}
}

// Matches asks for a text in which the pattern (RE2) is found. It panics if the pattern is none.
func Matches(pattern string) Instruction {
	re := regexp.MustCompile(pattern)
	return Instruction{"format/pattern", "Write what matches " + pattern + ".", re.MatchString}
}

func lines(name, what, pattern string, n int) Instruction {
	re := regexp.MustCompile(pattern)
	return Instruction{name, fmt.Sprintf("Answer with exactly %d %s.", n, what), func(s string) bool { return len(re.FindAllString(s, -1)) == n }}
}
