package plotting

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden images anew")

// figures are the pictures that are compared with the images in testdata.
func figures() map[string]*Figure {
	falling := make([]float64, 60)
	for i := range falling {
		falling[i] = 2*math.Exp(-float64(i)/20) + 0.2*math.Sin(float64(i*i))
	}
	return map[string]*Figure{
		"loss":      LossCurve("SFT", falling),
		"lines":     New("two runs", "step", "margin [nats]").Line("a", []float64{1, 2, 4}).Line("b", []float64{3, math.NaN(), 1}).Level("ln 2", math.Ln2).Legend(false, true),
		"points":    New("dots", "x", "y").Points("p", []float64{1, 2, 3}, []float64{1, 4, 9}),
		"histogram": Histogram("lengths", "tokens", []float64{1, 2, 2, 3, 3, 3, 4, 4, 9}, 0),
		"bars":      Bars("accuracy", "share", []string{"before", "after"}, []float64{0.1, 0.8}).Interval(1, 0.7, 0.88).YRange(0, 1),
		"grouped":   GroupedBars("by kind", "share", []string{"facts", "sums"}, []string{"before", "after"}, [][]float64{{0.1, 0}, {0.9, 0.5}}),
		"heatmap":   HeatMap("attention", []string{"q0", "q1"}, []string{"a", "b", "c"}, [][]float64{{0, 0.5, 1}, {math.NaN(), 0.2, 0.9}}),
	}
}

// tolerance is the mean difference of a colour channel (0 to 255) up to which two images are the same;
// font rasterisation may differ in the last bit between processors.
const tolerance = 0.25

func TestGoldenImages(t *testing.T) {
	for name, f := range figures() {
		got, err := f.PNG()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		file := filepath.Join("testdata", name+".png")
		if *update {
			if err := f.Save(file); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%s: %v (go test ./plotting -update writes it)", name, err)
			continue
		}
		if d := difference(t, got, want); d > tolerance {
			t.Errorf("%s differs from %s by %.2f a channel on average", name, file, d)
		}
	}
}

func TestGoldenImagesNoticeAChange(t *testing.T) {
	want, err := os.ReadFile("testdata/bars.png")
	if err != nil {
		t.Fatal(err)
	}
	got, _ := Bars("accuracy", "share", []string{"before", "after"}, []float64{0.1, 0.75}).Interval(1, 0.7, 0.88).YRange(0, 1).PNG()
	if difference(t, got, want) <= tolerance {
		t.Error("a bar of another height passes as the same picture")
	}
}

func difference(t *testing.T, a, b []byte) float64 {
	x, err := png.Decode(bytes.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	y, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if x.Bounds() != y.Bounds() {
		return math.Inf(1)
	}
	sum, n := 0.0, 0
	r := x.Bounds()
	for j := r.Min.Y; j < r.Max.Y; j++ {
		for i := r.Min.X; i < r.Max.X; i++ {
			r1, g1, b1, _ := x.At(i, j).RGBA()
			r2, g2, b2, _ := y.At(i, j).RGBA()
			sum += math.Abs(float64(r1)-float64(r2))/257 + math.Abs(float64(g1)-float64(g2))/257 + math.Abs(float64(b1)-float64(b2))/257
			n += 3
		}
	}
	return sum / float64(n)
}

func TestDensityAndSize(t *testing.T) {
	f := New("t", "x", "y").Line("", []float64{1, 2}).Size(300, 200)
	b, err := f.PNG()
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || c.Width != 600 || c.Height != 400 {
		t.Errorf("%d x %d, %v; want twice the CSS size", c.Width, c.Height, err)
	}
	if m := f.MIMEMetadata()["image/png"].(map[string]any); m["width"] != 300 || m["height"] != 200 || m["alt"] != f.String() {
		t.Errorf("metadata %v", m)
	}
}

func TestBadInputIsAnErrorNotAPanic(t *testing.T) {
	for name, f := range map[string]*Figure{
		"lengths":       New("", "", "").LineXY("", []float64{1}, []float64{1, 2}),
		"all NaN":       New("", "", "").Line("", []float64{math.NaN()}),
		"log of zero":   New("", "", "").Line("", []float64{0, 1}).LogY(),
		"no values":     Histogram("", "", nil, 0),
		"ragged":        HeatMap("", nil, nil, [][]float64{{1, 2}, {1}}),
		"bars":          Bars("", "", []string{"a"}, []float64{1, 2}),
		"NaN bar":       Bars("", "", []string{"a"}, []float64{math.NaN()}),
		"level at inf":  New("", "", "").Level("", math.Inf(1)),
		"names, values": GroupedBars("", "", []string{"a"}, []string{"x", "y"}, [][]float64{{1}}),
	} {
		if _, err := f.PNG(); err == nil || !strings.HasPrefix(err.Error(), "plotting") {
			t.Errorf("%s: error %v, want one that begins with plotting", name, err)
		}
	}
	for name, f := range map[string]*Figure{"empty": New("", "", ""), "one point": New("", "", "").Line("", []float64{1}), "constant": Histogram("", "", []float64{2, 2}, 0)} {
		if _, err := f.PNG(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	f := New("t", "x", "y").Line("", []float64{1, 2})
	if err := f.Save(filepath.Join(dir, "a.svg")); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "a.svg")); !bytes.Contains(b, []byte("<svg")) {
		t.Error("no SVG was written")
	}
	if err := f.Save(filepath.Join(dir, "a.bmp")); err == nil || !strings.Contains(err.Error(), ".bmp") {
		t.Errorf("error %v", err)
	}
	if err := f.Save(filepath.Join(dir, "no", "a.png")); err == nil {
		t.Error("a missing folder was no error")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".figure-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSmooth(t *testing.T) {
	got := Smooth([]float64{1, 1, 4}, 0.5)
	if got[0] != 1 || got[1] != 1 || math.Abs(got[2]-(4+0.5+0.25)/1.75) > 1e-15 {
		t.Errorf("%v", got)
	}
}

func TestColors(t *testing.T) {
	if Sequential(0) != ramp[0] || Sequential(1) != ramp[len(ramp)-1] || Sequential(9) != Sequential(1) {
		t.Error("the ends of the sequential scale")
	}
	if Diverging(0) != mix(ramp[0], ramp[0], 0) && Diverging(0).R != 255 {
		t.Error("zero should be white")
	}
	if Color(7) != Color(0) || Color(-1) != Color(6) {
		t.Error("the palette repeats")
	}
	seen := -1.0
	for i := range 20 { // lightness must rise evenly, so that the scale reads in grey
		c := Sequential(float64(i) / 19)
		l := 0.299*float64(c.R) + 0.587*float64(c.G) + 0.114*float64(c.B)
		if l <= seen {
			t.Errorf("lightness falls at %d", i)
		}
		seen = l
	}
}

func TestTokenStrip(t *testing.T) {
	s := Masked("mask", []string{"<a>", " b\n"}, []bool{false, true})
	h := s.HTML()
	for _, want := range []string{"&lt;a&gt;", "·b↵", "counts in the loss", "<br>"} {
		if !strings.Contains(h, want) {
			t.Errorf("%q is not in %s", want, h)
		}
	}
	w := Tokens("", []string{"x", "y"}, []float64{-2, 1}).HTML()
	if !strings.Contains(w, "background:#d55e00") || !strings.Contains(w, "-2") {
		t.Errorf("the largest weight should have the full colour: %s", w)
	}
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(string), "plotting.Tokens: 1 tokens and 2 values") {
			t.Errorf("panic %v", r)
		}
	}()
	Tokens("", []string{"x"}, []float64{1, 2})
}

func TestProgress(t *testing.T) {
	p := Progress{Label: "SFT", Done: 12, Total: 36, Elapsed: 3 * time.Second, Rate: 4100, Unit: "tokens/s", Note: "loss 1.93"}
	if want := "SFT 12/36, 3.0 s, 6.0 s left, 4100 tokens/s, loss 1.93"; p.String() != want {
		t.Errorf("got %q, want %q", p, want)
	}
	d := Dashboard{p, New("t", "x", "y").Line("", []float64{1})}
	if h := d.HTML(); !strings.Contains(h, "width:33.3%") || !strings.Contains(h, "data:image/png;base64,iVBOR") {
		t.Error("bar or picture is missing")
	}
	if (Progress{Done: 5, Total: 5}).Left() != 0 {
		t.Error("a finished run has no time left")
	}
}

func BenchmarkPNG(b *testing.B) {
	f := figures()["loss"]
	for b.Loop() {
		f.PNG()
	}
}

func TestTheLegendLooksForRoom(t *testing.T) {
	rising, falling := []float64{0, 1, 2, 3, 4}, []float64{4, 3, 2, 1, 0}
	for _, c := range []struct {
		name      string
		lines     [][]float64
		top, left bool
	}{{"falling", [][]float64{falling}, true, false}, {"rising", [][]float64{rising}, true, true},
		{"both", [][]float64{rising, falling, {4, 4, 4, 4, 4}}, false, false}} {
		f := New(c.name, "x", "y")
		for i, l := range c.lines {
			f.Line(fmt.Sprint("line ", i), l)
		}
		if _, err := f.PNG(); err != nil {
			t.Fatal(err)
		}
		if l := f.Plot().Legend; l.Top != c.top || l.Left != c.left {
			t.Errorf("%s: legend top %v left %v, want %v %v", c.name, l.Top, l.Left, c.top, c.left)
		}
	}
	f := New("chosen", "x", "y").Line("a", falling).Legend(false, true)
	f.PNG()
	if l := f.Plot().Legend; l.Top || !l.Left {
		t.Error("a corner that was chosen is kept")
	}
}

func TestTicksAreRound(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{0.33, 0.97, "0.4 0.6 0.8"},
		{1, 60, "10 20 30 40 50 60"},
		{0, 1, "0 0.2 0.4 0.6 0.8 1.0"},
		{-70, -1, "-60 -40 -20"},
		{-1e-17, 0.02, "0 0.005 0.010 0.015 0.020"},
		{0, 3e7, "0 5e+06 1e+07 1.5e+07 2e+07 2.5e+07 3e+07"},
		{1e-7, 7e-7, "1e-07 2e-07 3e-07 4e-07 5e-07 6e-07 7e-07"},
		{5, 5, "5"},
	} {
		var labels []string
		last := math.Inf(-1)
		for _, k := range roundTicks(6).Ticks(c.low, c.high) {
			if k.Value <= last {
				t.Errorf("%v to %v: %v after %v", c.low, c.high, k.Value, last)
			}
			if last = k.Value; k.Label != "" {
				labels = append(labels, k.Label)
			}
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%v to %v: %s, want %s", c.low, c.high, got, c.want)
		}
	}
	if n := len(roundTicks(6).Ticks(1e17, 1e17+64)); n > mostTicks {
		t.Errorf("%d marks where a number has no digits left", n)
	}
}
