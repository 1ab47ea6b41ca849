package datasets

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
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
	schema := p.Schema()
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
				columns[f.Name()] = plain(f, v[f.Name()])
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

// plain turns a value of Parquet into one of JSON's kinds: numbers become float64, bytes strings.
func plain(f parquet.Node, v any) any {
	switch x := v.(type) {
	case nil:
		return nil
	case []byte:
		return string(x)
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
