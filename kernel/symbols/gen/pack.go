package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/doc"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"sort"

	"golang.org/x/tools/go/gcexportdata"
	"golang.org/x/tools/go/packages"
)

// pack writes <file>.zip: for each package its export data under the import path, and its documentation
// under "<path>.json", a map from symbol ("", "Name", "Type.Method") to text.
func pack(file string, paths []string) error {
	loaded, err := load(paths)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	sort.Strings(paths)
	for _, path := range paths {
		p := loaded[path]
		w, err := z.Create(path)
		if err != nil {
			return err
		}
		// Without a file set there are no positions in the data: they would be paths of the machine that
		// generates, and change with every line.
		if err := gcexportdata.Write(w, nil, p.Types); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		docs, err := json.Marshal(docsOf(p))
		if err != nil {
			return err
		}
		if w, err = z.Create(path + ".json"); err != nil {
			return err
		}
		if _, err := w.Write(docs); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file+".zip", buf.Bytes(), 0o644)
}

// docsOf collects the doc comments of the exported symbols.
func docsOf(p *packages.Package) map[string]string {
	out := map[string]string{}
	d, err := doc.NewFromFiles(p.Fset, p.Syntax, p.PkgPath, doc.AllDecls)
	if err != nil {
		return out
	}
	put := func(name, text string) {
		if text != "" {
			out[name] = text
		}
	}
	put("", d.Doc)
	values := func(vs []*doc.Value) {
		for _, v := range vs {
			for i, n := range v.Names {
				if ast.IsExported(n) {
					put(n, commentOf(v.Decl, i, v.Doc))
				}
			}
		}
	}
	values(d.Consts)
	values(d.Vars)
	for _, f := range d.Funcs {
		if ast.IsExported(f.Name) {
			put(f.Name, f.Doc)
		}
	}
	for _, t := range d.Types {
		if !ast.IsExported(t.Name) {
			continue
		}
		put(t.Name, t.Doc)
		values(t.Consts)
		values(t.Vars)
		for _, f := range t.Funcs {
			if ast.IsExported(f.Name) {
				put(f.Name, f.Doc)
			}
		}
		for _, m := range t.Methods {
			if ast.IsExported(m.Name) {
				put(t.Name+"."+m.Name, m.Doc)
			}
		}
		fields(t, put)
	}
	return out
}

// commentOf prefers the comment of one name in a group over that of the group.
func commentOf(d *ast.GenDecl, i int, group string) string {
	n := 0
	for _, s := range d.Specs {
		v := s.(*ast.ValueSpec)
		for range v.Names {
			if n == i {
				for _, c := range []*ast.CommentGroup{v.Doc, v.Comment} {
					if c != nil {
						return c.Text()
					}
				}
			}
			n++
		}
	}
	return group
}

func fields(t *doc.Type, put func(name, text string)) {
	for _, s := range t.Decl.Specs {
		ts, ok := s.(*ast.TypeSpec)
		if !ok || ts.Name.Name != t.Name || t.Decl.Tok != token.TYPE {
			continue
		}
		var list *ast.FieldList
		switch u := ts.Type.(type) {
		case *ast.StructType:
			list = u.Fields
		case *ast.InterfaceType:
			list = u.Methods
		}
		if list == nil {
			continue
		}
		for _, f := range list.List {
			for _, c := range []*ast.CommentGroup{f.Doc, f.Comment} {
				if c == nil {
					continue
				}
				for _, n := range f.Names {
					if n.IsExported() {
						put(t.Name+"."+n.Name, c.Text())
					}
				}
				break
			}
		}
	}
}
