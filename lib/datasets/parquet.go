package datasets

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"

	"lyceum/lib/tokenize/jinja"
)

// readParquet reads a Parquet file row by row.
func readParquet(file string, row func(string, map[string]any) error) (err error) {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	name := filepath.Base(file)
	defer func() { // a damaged file makes the decoder panic
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: this Parquet file cannot be read: %v", name, r)
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	p, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		return fmt.Errorf("%s: this is no Parquet file: %w", name, err)
	}
	schema := parquet.NewSchema(p.Schema().Name(), textual{p.Schema()})
	r := parquet.NewReader(p)
	defer r.Close()
	buf := make([]parquet.Row, 64)
	for n := 0; ; {
		k, err := r.ReadRows(buf)
		for _, values := range buf[:k] {
			v := map[string]any{}
			if err := schema.Reconstruct(&v, values); err != nil {
				return fmt.Errorf("%s, row %d: %w", name, n, err)
			}
			columns := map[string]any{}
			for _, f := range schema.Fields() {
				c, err := column(f, v[f.Name()])
				if err != nil {
					return fmt.Errorf("%s, row %d: column %s%w", name, n, f.Name(), err)
				}
				columns[f.Name()] = c
			}
			if err := row(fmt.Sprintf("row %d", n), columns); err != nil {
				return err
			}
			n++
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s, row %d: %w", name, n, err)
		}
	}
}

// column is what a column of a row holds. In conversations, and in what chat templates are handed, the order of keys is that of
// the file.
func column(f parquet.Field, v any) (any, error) {
	p := plain(f, v)
	list, ok := p.([]any)
	switch {
	case forTemplates(f.Name()):
		return loose(inOrder(f, v), p), nil
	case ok && isConversation(list):
		parts := inOrder(f, v).(*jinja.List).Items
		raw := make([]json.RawMessage, len(parts))
		for i, part := range parts {
			text, err := jinja.ToJSON(part)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			raw[i] = text
		}
		return messages(list, raw)
	}
	return p, nil
}

// inOrder is plain for chat templates: objects are *jinja.Dict, lists *jinja.List, and whole numbers stay whole.
func inOrder(f parquet.Node, v any) any {
	switch x := v.(type) {
	case []byte:
		return inOrder(f, string(x))
	case string:
		if isJSON(f) {
			if v, err := jinja.FromJSON([]byte(x)); err == nil {
				return v
			}
		}
		return x
	case int32:
		return int64(x)
	case uint32:
		return int64(x)
	case uint64:
		return int64(x)
	case float32:
		return float64(x)
	case map[string]any:
		d := jinja.NewDict()
		for _, child := range f.Fields() {
			d.Set(child.Name(), inOrder(child, x[child.Name()]))
		}
		return d
	case []any:
		l, item := &jinja.List{}, itemOf(f)
		for _, e := range x {
			l.Items = append(l.Items, inOrder(item, e))
		}
		return l
	}
	return v
}

// isJSON reports whether a leaf holds values written as JSON, as data sets of Hugging Face have them where rows differ in their keys.
func isJSON(f parquet.Node) bool {
	t, ok := f.(textualField)
	return ok && writtenAsJSON(t.Field)
}

func writtenAsJSON(f parquet.Node) bool {
	if !f.Leaf() {
		return false
	}
	t := f.Type().LogicalType()
	return t != nil && t.String() == "JSON"
}

// A textual is a schema in which JSON is text: the library would read it into maps, which have no order.
type textual struct{ parquet.Node }

// Fields are those of the node, with JSON as text.
func (t textual) Fields() []parquet.Field {
	var out []parquet.Field
	for _, f := range t.Node.Fields() {
		out = append(out, textualField{f})
	}
	return out
}

// A textualField is a field of a textual.
type textualField struct{ parquet.Field }

// Fields are those of the field, with JSON as text.
func (t textualField) Fields() []parquet.Field { return textual{t.Field}.Fields() }

// Type is that of text where the field is JSON.
func (t textualField) Type() parquet.Type {
	if writtenAsJSON(t.Field) {
		return parquet.String().Type()
	}
	return t.Field.Type()
}

// plain turns a value of Parquet into one of JSON's kinds: numbers become float64, bytes strings.
func plain(f parquet.Node, v any) any {
	switch x := v.(type) {
	case nil:
		return nil
	case []byte:
		return plain(f, string(x))
	case string:
		var value any
		if isJSON(f) && json.Unmarshal([]byte(x), &value) == nil {
			return value
		}
		return x
	case int32:
		return float64(x)
	case int64:
		return float64(x)
	case uint32:
		return float64(x)
	case uint64:
		return float64(x)
	case float32:
		return float64(x)
	case map[string]any:
		out := map[string]any{}
		for _, child := range f.Fields() {
			if w := plain(child, x[child.Name()]); w != nil {
				out[child.Name()] = w
			}
		}
		return out
	case []any:
		out, item := make([]any, len(x)), itemOf(f)
		for i := range x {
			out[i] = plain(item, x[i])
		}
		return out
	}
	return v
}

// itemOf returns what a LIST is a list of: under it stands a repeated group of one field. Any other node is repeated itself.
func itemOf(f parquet.Node) parquet.Node {
	if f.Leaf() || len(f.Fields()) != 1 || !f.Fields()[0].Repeated() {
		return f
	}
	list := f.Fields()[0]
	if t := f.Type().LogicalType(); t == nil || t.String() != "LIST" || list.Leaf() || len(list.Fields()) != 1 {
		return list
	}
	return list.Fields()[0]
}
