// Package plotting draws the pictures of the course on gonum/plot: lines, histograms, bars, heat maps,
// token strips, and a dashboard that is redrawn while a run goes. It knows nothing of models and nothing
// of Jupyter: it takes slices of numbers, and a Figure shows itself by its PNG method.
package plotting

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Default size of a figure, in CSS pixels as the browser counts them.
const (
	DefaultWidth  = 640
	DefaultHeight = 360
)

// density is how many image pixels a CSS pixel gets, so that a figure is sharp on dense screens.
const density = 2

// point is the length of a CSS pixel (1/96 inch) in gonum's unit.
const point = vg.Inch / 96

// A Figure is one picture with axes. Add series to it in any order; it is drawn when it is shown.
// Methods that add something return the figure, so that calls can be chained.
type Figure struct {
	plot          *plot.Plot
	width, height int
	series        int           // how many colours are used
	faint         int           // how many series take no colour of their own
	named         int           // how many series are in the legend
	marks         []plotter.XYs // what is drawn, for a legend that looks for room
	placed        bool          // the legend's corner was chosen
	err           error
}

// New returns an empty figure. Say the units in the axis titles: "loss [nats]", "time [s]".
func New(title, x, y string) *Figure {
	p := plot.New()
	sans := font.Font{Typeface: "Liberation", Variant: "Sans"}
	for _, s := range []struct {
		f    *font.Font
		size float64
	}{{&p.Title.TextStyle.Font, 15}, {&p.X.Label.TextStyle.Font, 13}, {&p.Y.Label.TextStyle.Font, 13},
		{&p.X.Tick.Label.Font, 11}, {&p.Y.Tick.Label.Font, 11}, {&p.Legend.TextStyle.Font, 12}} {
		*s.f = font.From(sans, vg.Length(s.size)*point)
	}
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.Padding = 6 * point
	p.BackgroundColor = color.White
	grey := color.Gray{120}
	p.X.LineStyle.Color, p.Y.LineStyle.Color = grey, grey
	p.X.Tick.LineStyle.Color, p.Y.Tick.LineStyle.Color = grey, grey
	p.X.Tick.Marker, p.Y.Tick.Marker = roundTicks(8), roundTicks(6)
	p.Legend.Top, p.Legend.Padding = true, 2*point
	p.Legend.ThumbnailWidth = 22 * point
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{232}, color.Gray{232}
	p.Add(grid)
	return &Figure{plot: p, width: DefaultWidth, height: DefaultHeight}
}

// Size sets the size in CSS pixels; both must be between 40 and 4000.
func (f *Figure) Size(width, height int) *Figure {
	if width < 40 || height < 40 || width > 4000 || height > 4000 {
		panic(fmt.Sprintf("plotting.Figure.Size: %d x %d: both sides must be between 40 and 4000 pixels", width, height))
	}
	f.width, f.height = width, height
	return f
}

// YRange fixes the ends of the vertical axis.
func (f *Figure) YRange(low, high float64) *Figure {
	f.plot.Y.Min, f.plot.Y.Max = low, high
	return f
}

// XRange fixes the ends of the horizontal axis.
func (f *Figure) XRange(low, high float64) *Figure {
	f.plot.X.Min, f.plot.X.Max = low, high
	return f
}

// LogY makes the vertical axis logarithmic. Values must be positive.
func (f *Figure) LogY() *Figure {
	f.plot.Y.Scale, f.plot.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	return f
}

// Legend moves the legend: top and left say the corner.
func (f *Figure) Legend(top, left bool) *Figure {
	f.plot.Legend.Top, f.plot.Legend.Left, f.placed = top, left, true
	return f
}

// Plot returns the gonum plot under the figure, for what this package does not offer.
func (f *Figure) Plot() *plot.Plot { return f.plot }

// fail keeps the first error; the figure shows it instead of a picture.
func (f *Figure) fail(where string, err error) *Figure {
	if f.err == nil && err != nil {
		f.err = fmt.Errorf("plotting.%s: %w", where, err)
	}
	return f
}

// Err returns the first error of the calls that built the figure.
func (f *Figure) Err() error { return f.err }

// PNG draws the figure at twice the density of CSS pixels.
func (f *Figure) PNG() ([]byte, error) { return f.raster(density) }

func (f *Figure) raster(scale int) (b []byte, err error) {
	if f.err != nil {
		return nil, f.err
	}
	defer func() {
		if r := recover(); r != nil { // gonum/plot panics on ranges it cannot draw, such as zero on a log axis
			err = fmt.Errorf("plotting: cannot draw %q: %v", f.plot.Title.Text, r)
		}
	}()
	c := vgimg.NewWith(vgimg.UseWH(vg.Length(f.width)*point, vg.Length(f.height)*point), vgimg.UseDPI(96*scale))
	f.draw(draw.New(c))
	var buf bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := enc.Encode(&buf, c.Image()); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// draw leaves a margin, so that nothing touches the edge of the picture.
func (f *Figure) draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	f.placeLegend()
	f.plot.Draw(draw.Crop(c, 8*point, -14*point, 8*point, -8*point))
}

// MIMEMetadata tells the front end the size in CSS pixels of the denser image, and what to say to those who do not see it.
func (f *Figure) MIMEMetadata() map[string]any {
	return map[string]any{"image/png": map[string]any{"width": f.width, "height": f.height, "alt": f.String()}}
}

// String describes the figure for front ends that show only text.
func (f *Figure) String() string {
	if f.err != nil {
		return f.err.Error()
	}
	return fmt.Sprintf("figure %q: %s against %s, %d series", f.plot.Title.Text, f.plot.Y.Label.Text, f.plot.X.Label.Text, f.series+f.faint)
}

// Vector returns the figure as SVG text.
func (f *Figure) Vector() (string, error) {
	if f.err != nil {
		return "", f.err
	}
	c := vgsvg.New(vg.Length(f.width)*point, vg.Length(f.height)*point)
	f.draw(draw.New(c))
	var buf bytes.Buffer
	_, err := c.WriteTo(&buf)
	return buf.String(), err
}

// Save writes the figure to a .png or .svg file. The file appears whole or not at all.
func (f *Figure) Save(file string) error {
	var data []byte
	var err error
	switch ext := strings.ToLower(filepath.Ext(file)); ext {
	case ".png":
		data, err = f.PNG()
	case ".svg":
		var s string
		s, err = f.Vector()
		data = []byte(s)
	default:
		return fmt.Errorf("plotting.Save: %s: the name must end in .png or .svg, not %q", file, ext)
	}
	if err != nil {
		return err
	}
	if st, err := os.Stat(file); err == nil && !st.Mode().IsRegular() { // the rename below would put a file in the place of a device
		return fmt.Errorf("plotting.Save: %s is not a regular file", file)
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".figure-*")
	if err != nil {
		return fmt.Errorf("plotting.Save: %w", err)
	}
	defer os.Remove(tmp.Name()) // gone already when the rename has worked
	if _, err = tmp.Write(data); err == nil {
		err = tmp.Chmod(0o644)
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("plotting.Save: %w", err)
	}
	return nil
}
