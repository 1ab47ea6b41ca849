package datasets

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"unicode/utf8"
)

// readJSONL reads one object a line.
func readJSONL(file string, row func(string, map[string]any) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	return lines(filepath.Base(file), bufio.NewReaderSize(f, 1<<20), row)
}

func lines(name string, in *bufio.Reader, row func(string, map[string]any) error) error {
	for n := 1; ; n++ {
		text, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return fmt.Errorf("%s, line %d: %w", name, n, err)
		}
		if n == 1 {
			text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
		}
		where := fmt.Sprintf("line %d", n)
		if len(bytes.TrimSpace(text)) > 0 {
			columns, jerr := object(text)
			if jerr != nil {
				return fmt.Errorf("%s, %s: %w", name, where, jerr)
			}
			if rerr := row(where, columns); rerr != nil {
				return rerr
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// object parses one JSON object. Text that is not UTF-8 is refused: it would be changed without a word.
func object(text []byte) (map[string]any, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("the line is not UTF-8")
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		var v any
		if json.Unmarshal(text, &v) == nil {
			return nil, fmt.Errorf("this is %s, a row must be an object with columns", kindOf(v))
		}
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if raw == nil {
		return nil, errors.New("this is null, a row must be an object with columns")
	}
	out := map[string]any{}
	for name, r := range raw {
		var v any
		if err := json.Unmarshal(r, &v); err != nil {
			return nil, fmt.Errorf("column %s: not JSON: %w", name, err)
		}
		if forTemplates(name) {
			if v, err := ordered(r, v); err == nil {
				out[name] = v
				continue
			}
		}
		if list, ok := v.([]any); ok && isConversation(list) {
			var parts []json.RawMessage
			if err := json.Unmarshal(r, &parts); err != nil {
				return nil, fmt.Errorf("column %s: %w", name, err)
			}
			m, err := messages(list, parts)
			if err != nil {
				return nil, fmt.Errorf("column %s%w", name, err)
			}
			v = m
		}
		out[name] = v
	}
	return out, nil
}

// readJSON reads a list of objects, or objects one after another as in JSONL.
func readJSON(file string, row func(string, map[string]any) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<20)
	name := filepath.Base(file)
	for {
		c, err := in.Peek(1)
		if err != nil {
			return nil // empty: the caller says that there are no rows
		}
		if c[0] == '[' {
			break
		}
		if c[0] == ' ' || c[0] == '\n' || c[0] == '\t' || c[0] == '\r' || c[0] >= 0x80 {
			in.ReadByte()
			continue
		}
		return lines(name, in, row)
	}
	d := json.NewDecoder(in)
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for n := 0; d.More(); n++ {
		where := fmt.Sprintf("row %d", n)
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return fmt.Errorf("%s, %s: not JSON: %w", name, where, err)
		}
		columns, err := object(raw)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", name, where, err)
		}
		if err := row(where, columns); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("%s: the list does not end: %w", name, err)
	}
	return nil
}

// readCSV reads rows under a line with the names of the columns. A cell that begins like a JSON list or object is read as one,
// so that conversations can stand in a table.
func readCSV(file string, comma rune, row func(string, map[string]any) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	name := filepath.Base(file)
	r := csv.NewReader(bufio.NewReaderSize(f, 1<<20))
	r.Comma, r.ReuseRecord = comma, false
	var names []string
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		if names == nil {
			names = append(names, cells...)
			if len(names) > 0 {
				names[0] = string(bytes.TrimPrefix([]byte(names[0]), []byte("\xef\xbb\xbf")))
			}
			continue
		}
		columns := map[string]any{}
		for i, c := range cells {
			columns[names[i]] = cell(names[i], c)
		}
		if err := row(fmt.Sprintf("line %d", line), columns); err != nil {
			return err
		}
	}
}

// cell is what a cell of a table holds.
func cell(name, text string) any {
	if text == "" {
		return nil
	}
	if text[0] == '[' || text[0] == '{' {
		var v any
		if json.Unmarshal([]byte(text), &v) == nil {
			if forTemplates(name) {
				if v, err := ordered([]byte(text), v); err == nil {
					return v
				}
			}
			return v
		}
	}
	return text
}
