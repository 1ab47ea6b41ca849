package plotting

import (
	"errors"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Line adds the values ys at x = 1, 2, 3, ... as a line with this name in the legend ("" for none).
// NaN and infinities are left out.
func (f *Figure) Line(name string, ys []float64) *Figure {
	xs := make([]float64, len(ys))
	for i := range xs {
		xs[i] = float64(i + 1)
	}
	return f.LineXY(name, xs, ys)
}

// LineXY adds a line through the points (xs[i], ys[i]).
func (f *Figure) LineXY(name string, xs, ys []float64) *Figure {
	pts, err := points(xs, ys)
	if err != nil {
		return f.fail("LineXY", err)
	}
	c := Color(f.series)
	f.series++
	return f.addLine(name, pts, c, 2)
}

// faintLine adds a thin, pale line in the colour that the next series will get.
func (f *Figure) faintLine(xs, ys []float64) *Figure {
	pts, err := points(xs, ys)
	if err != nil {
		return f.fail("LineXY", err)
	}
	f.faint++
	return f.addLine("", pts, mix(color.RGBA{255, 255, 255, 255}, Color(f.series), 0.35), 1.2)
}

func (f *Figure) addLine(name string, pts plotter.XYs, c color.Color, width float64) *Figure {
	if len(pts) == 0 {
		return f
	}
	l, err := plotter.NewLine(pts)
	if err != nil {
		return f.fail("Line", err)
	}
	l.Color, l.Width = c, vg.Length(width)*point
	f.plot.Add(l)
	f.marks = append(f.marks, pts)
	if len(pts) == 1 { // a line of one point would be invisible
		s, _ := plotter.NewScatter(pts)
		s.GlyphStyle = draw.GlyphStyle{Color: c, Radius: 3 * point, Shape: draw.CircleGlyph{}}
		f.plot.Add(s)
	}
	if name != "" {
		f.plot.Legend.Add(name, l)
		f.named++
	}
	return f
}

// Points adds a dot at each (xs[i], ys[i]).
func (f *Figure) Points(name string, xs, ys []float64) *Figure {
	pts, err := points(xs, ys)
	if err != nil {
		return f.fail("Points", err)
	}
	if len(pts) == 0 {
		return f
	}
	s, err := plotter.NewScatter(pts)
	if err != nil {
		return f.fail("Points", err)
	}
	s.GlyphStyle = draw.GlyphStyle{Color: Color(f.series), Radius: 3 * point, Shape: draw.CircleGlyph{}}
	f.series++
	f.plot.Add(s)
	if name != "" {
		f.plot.Legend.Add(name, s)
	}
	return f
}

// Level adds a dashed horizontal line at y, for a value to compare with: Level("ln 2", math.Ln2).
func (f *Figure) Level(name string, y float64) *Figure {
	if math.IsNaN(y) || math.IsInf(y, 0) {
		return f.fail("Level", fmt.Errorf("%v cannot be drawn", y))
	}
	fn := plotter.NewFunction(func(float64) float64 { return y })
	fn.Color, fn.Width = color.Gray{90}, 1.3*point
	fn.Dashes = []vg.Length{5 * point, 4 * point}
	f.plot.Add(fn, level(y))
	f.faint++
	if name != "" {
		f.plot.Legend.Add(name, fn)
	}
	return f
}

// level makes room on the vertical axis for a horizontal line, which a plotter.Function does not do itself.
type level float64

// Plot draws nothing.
func (level) Plot(draw.Canvas, *plot.Plot) {}

// DataRange gives the height of the line and leaves the horizontal axis alone.
func (l level) DataRange() (xmin, xmax, ymin, ymax float64) {
	return math.Inf(1), math.Inf(-1), float64(l), float64(l)
}

// points pairs the coordinates and leaves out what cannot be drawn.
func points(xs, ys []float64) (plotter.XYs, error) {
	if len(xs) != len(ys) {
		return nil, fmt.Errorf("%d x values and %d y values: there must be as many of each", len(xs), len(ys))
	}
	pts := make(plotter.XYs, 0, len(ys))
	for i := range ys {
		if s := xs[i] + ys[i]; !math.IsNaN(s) && !math.IsInf(s, 0) {
			pts = append(pts, plotter.XY{X: xs[i], Y: ys[i]})
		}
	}
	if len(pts) == 0 && len(ys) > 0 {
		return nil, errors.New("every value is NaN or infinite")
	}
	return pts, nil
}

// Smooth returns the exponential moving average of ys, corrected for its start:
//
//	m_t = sum_k w^(t-k) y_k / sum_k w^(t-k)
//
// weight w is between 0 (no smoothing) and 1.
func Smooth(ys []float64, weight float64) []float64 {
	if !(weight >= 0 && weight < 1) {
		panic(fmt.Sprintf("plotting.Smooth: weight %v: must be at least 0 and below 1", weight))
	}
	out := make([]float64, len(ys))
	sum, norm := 0.0, 0.0
	for i, y := range ys {
		if !math.IsNaN(y) && !math.IsInf(y, 0) {
			sum, norm = weight*sum+y, weight*norm+1
		}
		out[i] = sum / norm
	}
	return out
}

// LossCurve draws a training loss against the step: each step pale, the trend (Smooth with weight 0.8) strong.
func LossCurve(title string, losses []float64) *Figure {
	f := New(title, "step", "loss [nats]")
	xs := make([]float64, len(losses))
	for i := range xs {
		xs[i] = float64(i + 1)
	}
	f.faintLine(xs, losses)
	f.LineXY("", xs, Smooth(losses, 0.8))
	return f
}
