package display

import (
	"fmt"
	"html"
	"reflect"
	"strings"
	"unicode/utf8"
)

// A Table is rows of text under column names. It shows itself as an HTML table, and as aligned text
// where there is no HTML.
type Table struct {
	Columns []string
	Rows    [][]string
}

// NewTable makes an empty table with these columns.
func NewTable(columns ...string) *Table { return &Table{Columns: columns} }

// Row appends a row; each cell is printed with %v, floats with four significant digits. It returns the table, so that rows can be chained.
func (t *Table) Row(cells ...any) *Table {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = cell(c)
	}
	t.Rows = append(t.Rows, row)
	return t
}

func cell(v any) string {
	switch x := v.(type) {
	case float32, float64:
		return fmt.Sprintf("%.4g", x)
	case string:
		return x
	}
	if Cyclic(v) {
		return Plain(v)
	}
	return fmt.Sprint(v)
}

// TableOf makes a table of a slice of structs (a column per exported field), a slice of slices or a map.
// Anything else becomes a table of one cell.
func TableOf(v any) *Table {
	rv := reflect.Indirect(reflect.ValueOf(v))
	switch rv.Kind() {
	case reflect.Slice, reflect.Array:
		return tableOfList(rv)
	case reflect.Map:
		t := NewTable("key", "value")
		keys := rv.MapKeys()
		sortKeys(keys)
		for _, k := range keys {
			t.Row(k.Interface(), rv.MapIndex(k).Interface())
		}
		return t
	}
	return NewTable("value").Row(v)
}

func tableOfList(rv reflect.Value) *Table {
	elem := rv.Type().Elem()
	for elem.Kind() == reflect.Pointer {
		elem = elem.Elem()
	}
	t := &Table{}
	if elem.Kind() == reflect.Struct {
		for i := range elem.NumField() {
			t.Columns = append(t.Columns, elem.Field(i).Name)
		}
	}
	for i := range rv.Len() {
		e := reflect.Indirect(rv.Index(i))
		var row []any
		switch e.Kind() {
		case reflect.Struct:
			for j := range e.NumField() {
				row = append(row, field(e.Field(j)))
			}
		case reflect.Slice, reflect.Array:
			for j := range e.Len() {
				row = append(row, e.Index(j).Interface())
			}
		case reflect.Invalid:
			row = append(row, "nil")
		default:
			row = append(row, e.Interface())
		}
		t.Row(row...)
	}
	return t
}

// field reads a struct field; an unexported one can only be printed.
func field(v reflect.Value) any {
	if v.CanInterface() {
		return v.Interface()
	}
	return fmt.Sprint(v)
}

func sortKeys(keys []reflect.Value) {
	for i := 1; i < len(keys); i++ {
		for j := i; j > 0 && fmt.Sprint(keys[j]) < fmt.Sprint(keys[j-1]); j-- {
			keys[j], keys[j-1] = keys[j-1], keys[j]
		}
	}
}

// HTML returns the table as HTML, its text escaped.
func (t *Table) HTML() string {
	var b strings.Builder
	b.WriteString("<table>")
	if len(t.Columns) > 0 {
		b.WriteString("<thead><tr>")
		for _, c := range t.Columns {
			fmt.Fprintf(&b, `<th style="text-align:left">%s</th>`, html.EscapeString(c))
		}
		b.WriteString("</tr></thead>")
	}
	b.WriteString("<tbody>")
	for _, r := range t.Rows {
		b.WriteString("<tr>")
		for _, c := range r {
			fmt.Fprintf(&b, `<td style="text-align:left;white-space:pre-wrap">%s</td>`, html.EscapeString(c))
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
	return b.String()
}

// String returns the table with its columns aligned.
func (t *Table) String() string {
	rows := t.Rows
	if len(t.Columns) > 0 {
		rows = append([][]string{t.Columns}, rows...)
	}
	var width []int
	for _, r := range rows {
		for i, c := range r {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		var line strings.Builder
		for i, c := range r {
			line.WriteString(c + strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}
