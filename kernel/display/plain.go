package display

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	mostElements = 1000    // elements of a slice or an array that the text of a value names
	longestText  = 100_000 // bytes of that text
	mostLines    = 20      // rows, and columns, of a matrix
)

// Plain is the text of a value as %+v gives it, kept to a length that a page can show: 1000 elements of a slice or an array
// and 100 kB at the outside, with a note of what is left out. A cell that ends in a slice of a whole data set must not
// send the browser, and write into the notebook, every number of it.
//
// A value that holds itself, at which %+v would never end, is named only.
func Plain(v any) string {
	if Cyclic(v) {
		return fmt.Sprintf("%T that holds itself", v)
	}
	if _, own := v.(fmt.Formatter); own {
		return Cut(fmt.Sprintf("%+v", v))
	}
	if m, ok := v.(matrix); ok {
		if s, ok := rows(m); ok {
			return Cut(s)
		}
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Array:
		if rv.Len() <= mostElements {
			break
		}
		p := reflect.New(rv.Type()).Elem() // an array in an interface has no address to be sliced at
		p.Set(rv)
		rv = p
		fallthrough
	case reflect.Slice:
		if n := rv.Len(); n > mostElements {
			head := Cut(fmt.Sprintf("%+v", rv.Slice(0, mostElements).Interface()))
			return fmt.Sprintf("%s ... and %d more of %d]", strings.TrimSuffix(head, "]"), n-mostElements, n)
		}
	}
	return Cut(fmt.Sprintf("%+v", v))
}

// Cut keeps the beginning of a text that is too long to show, and says how much is left out.
func Cut(s string) string {
	if len(s) <= longestText {
		return s
	}
	end := longestText
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + fmt.Sprintf("\n... %d bytes more, which fmt.Print would show", len(s)-end)
}

// matrix is what gonum's matrices have in common.
type matrix interface {
	Dims() (rows, columns int)
	At(i, j int) float64
}

// rows shows a matrix as a block of numbers in columns, of a large one the first rows and columns. A matrix that panics,
// as a nil one does, is not ok.
func rows(m matrix) (s string, ok bool) {
	defer func() { ok = recover() == nil }()
	r, c := m.Dims()
	nr, nc := min(r, mostLines), min(c, mostLines)
	cells, width := make([]string, nr*nc), make([]int, nc)
	for i := range nr {
		for j := range nc {
			s := strconv.FormatFloat(m.At(i, j), 'g', 5, 64)
			if x := m.At(i, j); x == math.Trunc(x) && math.Abs(x) < 1e9 {
				s = strconv.FormatFloat(x, 'f', -1, 64)
			}
			cells[i*nc+j] = s
			width[j] = max(width[j], len(s))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d x %d", r, c)
	for i := range nr {
		b.WriteString("\n[")
		for j := range nc {
			if j > 0 {
				b.WriteString("  ")
			}
			fmt.Fprintf(&b, "%*s", width[j], cells[i*nc+j])
		}
		if nc < c {
			b.WriteString("  ...")
		}
		b.WriteByte(']')
	}
	if nr < r {
		fmt.Fprintf(&b, "\n... and %d rows more", r-nr)
	}
	return b.String(), true
}

// pictures are the beginnings of the files that a front end shows as images, with the display method of each.
var pictures = []struct{ begins, method string }{
	{"\x89PNG\r\n\x1a\n", "PNG"}, {"\xff\xd8\xff", "JPEG"}, {"GIF87a", "GIF"}, {"GIF89a", "GIF"},
}

// picture returns the display method of bytes that are a whole image file, "" for others.
func picture(data []byte) string {
	for _, p := range pictures {
		if bytes.HasPrefix(data, []byte(p.begins)) {
			return p.method
		}
	}
	return ""
}
