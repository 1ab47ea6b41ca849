package display

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"strings"
)

// Methods are the display methods of a value, by method name, as calls without arguments. The kernel
// fills it for values of types declared in cells, whose methods Go's reflection cannot see.
type Methods map[string]func() any

// structural lists the methods by which a value shows itself, and the MIME type that each one gives.
// Neither the value nor the kernel needs to import the other.
var structural = []struct{ method, mime string }{
	{"HTML", "text/html"},
	{"Markdown", "text/markdown"},
	{"LaTeX", "text/latex"},
	{"SVG", "image/svg+xml"},
	{"PNG", "image/png"},
	{"JPEG", "image/jpeg"},
	{"GIF", "image/gif"},
	{"JSON", "application/json"},
	{"VegaLite", "application/vnd.vegalite.v5+json"},
}

// MethodNames returns the names that Of and FromMethods look for, MIME included.
func MethodNames() []string {
	names := []string{"MIME"}
	for _, s := range structural {
		names = append(names, s.method)
	}
	return names
}

// Of returns the representations of v. A method HTML() string gives text/html, PNG() []byte gives
// image/png, and so on for Markdown, LaTeX, SVG, JPEG, GIF, JSON() any, VegaLite() any and
// MIME() map[string]any; MIMEMetadata() map[string]any adds metadata by MIME type. Each may also return a second result of type error. An image.Image is encoded as PNG; a []byte that is a PNG, JPEG or GIF file is that image.
// text/plain is always there: String() or Error() if v has one, else what Plain gives.
func Of(v any) Bundle {
	switch b := v.(type) {
	case Bundle:
		return b
	case *Bundle:
		return *b
	case interface{ DisplayMethods() Methods }: // an interpreted value, boxed by the session
		return FromMethods(text(v), b.DisplayMethods())
	}
	b := FromMethods(text(v), methodsOf(v))
	if m, ok := v.(interface{ MIMEMetadata() map[string]any }); ok {
		b.Metadata = m.MIMEMetadata()
	}
	return b
}

// FromMethods is Of for a value whose methods are handed over. plain becomes text/plain unless MIME says otherwise.
func FromMethods(plain string, m Methods) Bundle {
	b := Bundle{Data: map[string]any{}, Metadata: map[string]any{}}
	for _, s := range structural {
		if f := m[s.method]; f != nil {
			b.add(s.mime, s.method, f)
		}
	}
	if f := m["MIME"]; f != nil {
		b.addAll(f)
	}
	if _, ok := b.Data["text/plain"]; !ok {
		b.Data["text/plain"] = Cut(plain)
	}
	return b
}

// add calls one display method. A method that panics must not cost the learner the rest of the cell,
// so what it says becomes part of the output.
func (b *Bundle) add(mime, method string, f func() any) {
	defer func() {
		if r := recover(); r != nil {
			b.note(method, r)
		}
	}()
	v := f()
	if e, ok := v.(error); ok {
		b.note(method, e)
		return
	}
	if d := encoded(mime, v); d != nil {
		b.Data[mime] = d
	}
}

func (b *Bundle) addAll(f func() any) {
	defer func() {
		if r := recover(); r != nil {
			b.note("MIME", r)
		}
	}()
	m, _ := f().(map[string]any)
	for mime, v := range m {
		if d := encoded(mime, v); d != nil {
			b.Data[mime] = d
		}
	}
}

func (b *Bundle) note(method string, why any) {
	b.Data["text/plain"] = fmt.Sprintf("%s(): %v", method, why)
}

// encoded gives v the form that its MIME type has in a message: base64 for binary images, text for text
// types, a JSON value for JSON types. nil means there is nothing to show.
func encoded(mime string, v any) any {
	switch d := v.(type) {
	case nil:
		return nil
	case []byte:
		if len(d) == 0 {
			return nil
		}
		if isJSON(mime) {
			return json.RawMessage(d)
		}
		if binary(mime) {
			return base64.StdEncoding.EncodeToString(d)
		}
		return string(d)
	case string:
		return d
	}
	if isJSON(mime) {
		return finite(v)
	}
	return fmt.Sprint(v)
}

func isJSON(mime string) bool {
	return mime == "application/json" || strings.HasSuffix(mime, "+json")
}

func binary(mime string) bool {
	return strings.HasPrefix(mime, "image/") && mime != "image/svg+xml" || mime == "application/pdf" ||
		strings.HasPrefix(mime, "audio/") || strings.HasPrefix(mime, "video/")
}

// text is what text/plain shows of v.
func text(v any) (s string) {
	defer func() {
		if r := recover(); r != nil {
			s = fmt.Sprintf("(%T) String(): %v", v, r)
		}
	}()
	switch x := v.(type) {
	case nil:
		return "<nil>"
	case error:
		return x.Error()
	case fmt.Stringer:
		return x.String()
	case image.Image:
		r := x.Bounds()
		return fmt.Sprintf("%T %dx%d", v, r.Dx(), r.Dy())
	case []byte:
		if kind := picture(x); kind != "" {
			return fmt.Sprintf("%s image, %d bytes", kind, len(x))
		}
	}
	return Plain(v)
}

func pngOf(m image.Image) []byte {
	var buf bytes.Buffer
	if r := m.Bounds(); r.Empty() || png.Encode(&buf, m) != nil {
		return nil
	}
	return buf.Bytes()
}
