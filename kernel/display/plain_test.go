package display

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestLongValuesAreCut(t *testing.T) {
	if s := Plain(make([]int, mostElements)); s != "["+strings.Repeat("0 ", mostElements-1)+"0]" {
		t.Errorf("a slice of %d: %.40s...", mostElements, s)
	}
	want := "[" + strings.Repeat("0 ", mostElements-1) + "0 ... and 29999000 more of 30000000]"
	if s := Plain(make([]int8, 30_000_000)); s != want {
		t.Errorf("a slice of thirty million: %d bytes, %.40s", len(s), s)
	}
	if s := Plain([mostElements + 5]bool{}); !strings.HasSuffix(s, "false ... and 5 more of 1005]") {
		t.Errorf("an array: ...%s", s[len(s)-40:])
	}
	for name, v := range map[string]any{"rows": [][]float64{make([]float64, 1_000_000)}, "field": struct{ X []int }{make([]int, 1_000_000)}, "text": HTML(strings.Repeat("é", 1_000_000))} {
		s := Of(v).Data["text/plain"].(string)
		if len(s) > longestText+100 || !strings.Contains(s, "bytes more") {
			t.Errorf("%s: %d bytes, ...%s", name, len(s), s[max(0, len(s)-60):])
		}
		if strings.ToValidUTF8(s, "") != s {
			t.Errorf("%s: cut inside a character", name)
		}
	}
}

func TestMatricesAreShownInRows(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{mat.NewDense(2, 3, []float64{1, -2, 3.14159265, 100, 5e20, 6}), "2 x 3\n[  1     -2  3.1416]\n[100  5e+20       6]"},
		{mat.NewVecDense(2, []float64{1, 20}), "2 x 1\n[ 1]\n[20]"},
		{(*mat.Dense)(nil), "<nil>"},
		{new(mat.Dense), "0 x 0"},
	} {
		if s := Of(c.v).Data["text/plain"]; s != c.want {
			t.Errorf("%T: %q, want %q", c.v, s, c.want)
		}
	}
	s := Plain(mat.NewDense(1000, 1000, nil))
	if !strings.HasPrefix(s, "1000 x 1000\n[0  0") || !strings.HasSuffix(s, "0  ...]\n... and 980 rows more") {
		t.Errorf("a large matrix: %q", s)
	}
}

func TestBytesOfAPictureAreThePicture(t *testing.T) {
	gray := image.NewGray(image.Rect(0, 0, 3, 2))
	for mime, encode := range map[string]func(*bytes.Buffer) error{
		"image/png":  func(b *bytes.Buffer) error { return png.Encode(b, gray) },
		"image/jpeg": func(b *bytes.Buffer) error { return jpeg.Encode(b, gray, nil) },
		"image/gif":  func(b *bytes.Buffer) error { return gif.Encode(b, gray, nil) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		got := Of(b.Bytes())
		if got.Data[mime] != base64.StdEncoding.EncodeToString(b.Bytes()) || !strings.Contains(got.Data["text/plain"].(string), "image, ") {
			t.Errorf("%s: %v", mime, got.Data)
		}
	}
	if got := Of([]byte("GIF")); len(got.Data) != 1 || got.Data["text/plain"] != "[71 73 70]" {
		t.Errorf("bytes that are no picture: %v", got.Data)
	}
}
