package jinja

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kinds of a piece of a template.
const (
	kindData  = iota // text that is written as it is
	kindBegin        // {% or {{ ; text tells which
	kindEnd          // %} or }}
	kindName
	kindString
	kindInt
	kindFloat
	kindOp
	kindEOF
)

type piece struct {
	kind int
	text string
	line int
}

// isSpace is Python's str.isspace for one character.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
}

type lexer struct {
	src   string
	pos   int
	line  int
	out   []piece
	start bool // the text before this position ended a line
}

// lex cuts a template with trim_blocks and lstrip_blocks on, and without the last line break of the file: so Transformers
// sets Jinja up.
func lex(src string) []piece {
	src = strings.ReplaceAll(strings.ReplaceAll(src, "\r\n", "\n"), "\r", "\n")
	src = strings.TrimSuffix(src, "\n")
	l := &lexer{src: src, line: 1, start: true}
	for l.pos < len(l.src) {
		at := l.nextTag()
		if at < 0 {
			l.data(l.src[l.pos:])
			break
		}
		text, tag := l.src[l.pos:at], l.src[at:at+2]
		sign := byte(0)
		if at+2 < len(l.src) {
			sign = l.src[at+2]
		}
		if sign == '-' {
			text = strings.TrimRightFunc(text, isSpace)
		} else if sign != '+' && tag != "{{" {
			line := strings.LastIndexByte(text, '\n') + 1
			if (line > 0 || l.start) && strings.TrimLeftFunc(text[line:], isSpace) == "" {
				text = text[:line]
			}
		}
		whole := l.src[l.pos:at]
		l.data(text)
		l.line += strings.Count(whole[len(text):], "\n")
		l.pos = at + 2
		if sign == '-' || sign == '+' {
			l.pos++
		}
		switch {
		case tag == "{#":
			l.comment()
		case tag == "{%" && l.raw():
		default:
			l.tag(tag)
		}
	}
	return append(l.out, piece{kindEOF, "", l.line})
}

func (l *lexer) data(s string) {
	if s != "" {
		l.out = append(l.out, piece{kindData, s, l.line})
		l.line += strings.Count(s, "\n")
	}
}

// nextTag finds the next {{, {% or {#.
func (l *lexer) nextTag() int {
	for i := l.pos; i+1 < len(l.src); i++ {
		if l.src[i] == '{' && (l.src[i+1] == '{' || l.src[i+1] == '%' || l.src[i+1] == '#') {
			return i
		}
	}
	return -1
}

// after skips what a tag's end swallows: white space after a minus, else one line break after a block or comment.
func (l *lexer) after(sign byte, block bool) {
	from := l.pos
	switch {
	case sign == '-':
		rest := l.src[l.pos:]
		l.pos += len(rest) - len(strings.TrimLeftFunc(rest, isSpace))
	case sign != '+' && block && strings.HasPrefix(l.src[l.pos:], "\n"):
		l.pos++
	}
	l.start = l.pos > from && l.src[l.pos-1] == '\n'
	l.line += strings.Count(l.src[from:l.pos], "\n")
}

func (l *lexer) comment() {
	end := strings.Index(l.src[l.pos:], "#}")
	if end < 0 {
		fail("TemplateSyntaxError", l.line, "a comment is not closed")
	}
	body := l.src[l.pos : l.pos+end]
	l.line += strings.Count(body, "\n")
	l.pos += end + 2
	sign := byte(0)
	if body != "" {
		sign = body[len(body)-1]
	}
	l.after(sign, true)
}

// raw reads {% raw %} ... {% endraw %} when it stands here.
func (l *lexer) raw() bool {
	rest := strings.TrimLeftFunc(l.src[l.pos:], isSpace)
	if !strings.HasPrefix(rest, "raw") {
		return false
	}
	rest = strings.TrimLeftFunc(rest[3:], isSpace)
	minus := strings.HasPrefix(rest, "-")
	if !strings.HasPrefix(strings.TrimPrefix(rest, "-"), "%}") {
		return false
	}
	rest = strings.TrimPrefix(rest, "-")[2:]
	l.line += strings.Count(l.src[l.pos:len(l.src)-len(rest)], "\n")
	l.pos = len(l.src) - len(rest)
	if minus {
		l.after('-', true)
	}
	for at := l.pos; ; at += 2 {
		i := strings.Index(l.src[at:], "{%")
		if i < 0 {
			fail("TemplateSyntaxError", l.line, "a raw block is not closed")
		}
		at += i
		in := l.src[at+2:]
		sign := byte(0)
		if in != "" && (in[0] == '-' || in[0] == '+') {
			sign, in = in[0], in[1:]
		}
		in = strings.TrimLeftFunc(in, isSpace)
		if !strings.HasPrefix(in, "endraw") {
			continue
		}
		in = strings.TrimLeftFunc(in[6:], isSpace)
		end := byte(0)
		if in != "" && (in[0] == '-' || in[0] == '+') {
			end, in = in[0], in[1:]
		}
		if !strings.HasPrefix(in, "%}") {
			continue
		}
		text := l.src[l.pos:at]
		if sign == '-' {
			text = strings.TrimRightFunc(text, isSpace)
		} else if line := strings.LastIndexByte(text, '\n') + 1; sign == 0 && line > 0 && strings.TrimLeftFunc(text[line:], isSpace) == "" {
			text = text[:line]
		}
		l.data(text)
		l.pos = len(l.src) - len(in) + 2
		l.after(end, true)
		return true
	}
}

var closing = map[byte]byte{')': '(', ']': '[', '}': '{'}

// tag reads the inside of {{ }} or {% %}.
func (l *lexer) tag(open string) {
	l.out = append(l.out, piece{kindBegin, open, l.line})
	end := "}}"
	if open == "{%" {
		end = "%}"
	}
	var stack []byte
	for l.pos < len(l.src) {
		rest := l.src[l.pos:]
		if len(stack) == 0 {
			sign := byte(0)
			if rest[0] == '-' || rest[0] == '+' && open == "{%" {
				sign = rest[0]
			}
			body := rest
			if sign != 0 {
				body = rest[1:]
			}
			if strings.HasPrefix(body, end) {
				l.out = append(l.out, piece{kindEnd, end, l.line})
				l.pos = len(l.src) - len(body) + 2
				l.after(sign, open == "{%")
				return
			}
		}
		r, n := utf8.DecodeRuneInString(rest)
		switch {
		case isSpace(r):
			if r == '\n' {
				l.line++
			}
			l.pos += n
		case r >= '0' && r <= '9':
			l.number(rest)
		case r == '_' || unicode.IsLetter(r):
			k := strings.IndexFunc(rest, func(r rune) bool {
				return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
			})
			if k < 0 {
				k = len(rest)
			}
			l.emit(kindName, rest[:k], k)
		case r == '\'' || r == '"':
			l.str(rest)
		default:
			op := operator(rest)
			if op == "" {
				fail("TemplateSyntaxError", l.line, "unexpected char %s", repr(string(r)))
			}
			c := op[0]
			if c == '(' || c == '[' || c == '{' {
				stack = append(stack, c)
			} else if o, ok := closing[c]; ok {
				if len(stack) == 0 || stack[len(stack)-1] != o {
					fail("TemplateSyntaxError", l.line, "unexpected '%s'", op)
				}
				stack = stack[:len(stack)-1]
			}
			l.emit(kindOp, op, len(op))
		}
	}
	fail("TemplateSyntaxError", l.line, "unexpected end of template, expected '%s'", end)
}

func (l *lexer) emit(kind int, text string, n int) {
	l.out = append(l.out, piece{kind, text, l.line})
	l.pos += n
}

func operator(s string) string {
	if len(s) >= 2 {
		switch s[:2] {
		case "//", "**", "==", "!=", ">=", "<=":
			return s[:2]
		}
	}
	if strings.IndexByte("+-/*%~[](){}><=.:|,;", s[0]) >= 0 {
		return s[:1]
	}
	return ""
}

func (l *lexer) number(s string) {
	digits := func(i int) int {
		for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '_' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9') {
			i++
		}
		return i
	}
	n, kind := digits(0), kindInt
	if len(s) > 2 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0 {
		for n = 2; n < len(s) && (s[n] == '_' || s[n] < 128 && (unicode.IsDigit(rune(s[n])) || s[n]|32 >= 'a' && s[n]|32 <= 'f')); n++ {
		}
		l.emit(kindInt, s[:n], n)
		return
	}
	afterDot := len(l.out) > 0 && l.out[len(l.out)-1].text == "." // a.0.1 is two subscripts
	if !afterDot && n+1 < len(s) && s[n] == '.' && s[n+1] >= '0' && s[n+1] <= '9' {
		n, kind = digits(n+1), kindFloat
	}
	if !afterDot && n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		m := n + 1
		if m < len(s) && (s[m] == '+' || s[m] == '-') {
			m++
		}
		if e := digits(m); e > m {
			n, kind = e, kindFloat
		}
	}
	l.emit(kind, s[:n], n)
}

func (l *lexer) str(s string) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			line := l.line
			l.emit(kindString, unescape(s[1:i], l.line), i+1)
			l.line = line + strings.Count(s[:i], "\n")
			return
		}
	}
	fail("TemplateSyntaxError", l.line, "a string is not closed")
}

// unescape reads the escapes of a Python string.
func unescape(s string, line int) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		hex := 0
		switch c := s[i]; c {
		case '\n':
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'a', 'b', 'f', 'v':
			b.WriteByte(map[byte]byte{'a': 7, 'b': 8, 'f': 12, 'v': 11}[c])
		case '\\', '\'', '"':
			b.WriteByte(c)
		case 'x':
			hex = 2
		case 'u':
			hex = 4
		case 'U':
			hex = 8
		case '0', '1', '2', '3', '4', '5', '6', '7':
			v, j := rune(0), i
			for ; j < len(s) && j < i+3 && s[j] >= '0' && s[j] <= '7'; j++ {
				v = v*8 + rune(s[j]-'0')
			}
			b.WriteRune(v)
			i = j - 1
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
		if hex > 0 {
			if i+hex >= len(s) {
				fail("TemplateSyntaxError", line, "an escape in a string is cut short")
			}
			v, err := strconv.ParseUint(s[i+1:i+1+hex], 16, 32)
			if err != nil || v > unicode.MaxRune {
				fail("TemplateSyntaxError", line, "an escape in a string is no character")
			}
			b.WriteRune(rune(v))
			i += hex
		}
	}
	return b.String()
}
