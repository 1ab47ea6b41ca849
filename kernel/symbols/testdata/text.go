package main

import (
	"bufio"
	"bytes"
	"fmt"
	"html"
	"html/template"
	"os"
	"regexp"
	"strconv"
	"strings"
	"text/scanner"
	"text/tabwriter"
	texttemplate "text/template"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

type item struct {
	Name  string
	Price float64
}

func (i item) Label() string { return strings.ToUpper(i.Name) }

func main() {
	sc := bufio.NewScanner(strings.NewReader("one two\nthree"))
	sc.Split(bufio.ScanWords)
	for sc.Scan() {
		fmt.Print(sc.Text(), "|")
	}
	fmt.Println()
	var b bytes.Buffer
	b.WriteString("héllo")
	fmt.Fprintf(&b, " %q %x %08.3f %+d %v", "q", "hex", 3.14159, 5, []any{1, "a", nil})
	fmt.Println(b.String(), utf8.RuneCountInString(b.String()))
	re := regexp.MustCompile(`(?P<k>\w+)=(\d+)`)
	fmt.Println(re.FindAllStringSubmatch("a=1, b=22", -1), re.ReplaceAllString("a=1", "$2=$k"), re.SubexpNames())
	fmt.Println(re.ReplaceAllStringFunc("a=1 b=2", strings.ToUpper))
	t := texttemplate.Must(texttemplate.New("t").Funcs(texttemplate.FuncMap{"inc": func(i int) int { return i + 1 }}).Parse(
		"{{range $i, $x := .}}{{inc $i}} {{.Label}} {{printf \"%.2f\" .Price}}\n{{end}}"))
	if err := t.Execute(os.Stdout, []item{{"apple", 1.5}, {"pear", 2}}); err != nil {
		fmt.Println(err)
	}
	h := template.Must(template.New("h").Parse("<p>{{.}}</p>\n"))
	h.Execute(os.Stdout, "<script>")
	fmt.Println(html.EscapeString("a<b"), html.UnescapeString("&amp;"))
	tw := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "a\tbbb\tc")
	fmt.Fprintln(tw, "aaaa\tb\tc")
	tw.Flush()
	var s scanner.Scanner
	s.Init(strings.NewReader("x := 3.5 + foo"))
	for tok := s.Scan(); tok != scanner.EOF; tok = s.Scan() {
		fmt.Print(s.TokenText(), " ")
	}
	fmt.Println()
	fmt.Println(strconv.Quote("tab\t"), strconv.FormatInt(-255, 16), unicode.IsUpper('É'), utf16.Encode([]rune("😀")))
	fmt.Println(strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, "a1b2"), strings.FieldsFunc("a-b_c", func(r rune) bool { return r == '-' || r == '_' }))
	r := strings.NewReplacer("a", "1", "b", "2")
	fmt.Println(r.Replace("abc"), strings.EqualFold("Go", "GO"), strings.Repeat("=", 5))
	before, after, ok := strings.Cut("k=v", "=")
	fmt.Println(before, after, ok)
}
