package plotting

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Histogram counts values in bins of equal width. bins 0 chooses by the rule of Freedman and Diaconis (1981).
func Histogram(title, x string, values []float64, bins int) *Figure {
	f := New(title, x, "count")
	var vs plotter.Values
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			vs = append(vs, v)
		}
	}
	if len(vs) == 0 {
		return f.fail("Histogram", errors.New("there are no finite values to count"))
	}
	if bins <= 0 {
		bins = binsFor(vs)
	}
	h, err := plotter.NewHist(vs, bins)
	if err != nil {
		return f.fail("Histogram", err)
	}
	h.FillColor, h.LineStyle.Color, h.LineStyle.Width = Color(0), Color(0), 0.5*point
	f.series++
	f.plot.Add(h)
	return f
}

func binsFor(vs []float64) int {
	s := sorted(vs)
	span := s[len(s)-1] - s[0]
	iqr := s[len(s)*3/4] - s[len(s)/4]
	if span == 0 || iqr == 0 {
		return min(10, len(s))
	}
	width := 2 * iqr / math.Cbrt(float64(len(s)))
	return int(min(max(math.Ceil(span/width), 5), 60))
}

// Bars draws one bar per label.
func Bars(title, y string, labels []string, values []float64) *Figure {
	return GroupedBars(title, y, labels, []string{""}, [][]float64{values})
}

// GroupedBars draws, for each label, a bar per name side by side: values[i][j] belongs to names[i] and labels[j].
func GroupedBars(title, y string, labels, names []string, values [][]float64) *Figure {
	f := New(title, "", y)
	if len(names) != len(values) {
		return f.fail("GroupedBars", fmt.Errorf("%d names and %d rows of values: there must be as many of each", len(names), len(values)))
	}
	room := float64(f.width-90) / float64(max(len(labels), 1))
	width := vg.Length(min(room*0.8/float64(max(len(names), 1)), 60)) * point
	for i, row := range values {
		if len(row) != len(labels) {
			return f.fail("GroupedBars", fmt.Errorf("%d values for %d labels", len(row), len(labels)))
		}
		for j, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return f.fail("GroupedBars", fmt.Errorf("the value of %q is %v", labels[j], v))
			}
		}
		b, err := plotter.NewBarChart(plotter.Values(row), width)
		if err != nil {
			return f.fail("GroupedBars", err)
		}
		b.Color, b.LineStyle.Width = Color(f.series), 0
		b.Offset = width * vg.Length(float64(i)-float64(len(values)-1)/2)
		f.series++
		f.plot.Add(b)
		if names[i] != "" {
			f.plot.Legend.Add(names[i], b)
		}
	}
	f.plot.NominalX(labels...)
	f.plot.X.Tick.Width = 0
	f.plot.X.Min, f.plot.X.Max = -0.5, float64(len(labels))-0.5
	return f
}

// Interval adds a vertical error bar from low to high at the i-th bar of a chart by Bars.
func (f *Figure) Interval(i int, low, high float64) *Figure {
	e, err := plotter.NewYErrorBars(interval{float64(i), low, high})
	if err != nil {
		return f.fail("Interval", err)
	}
	e.LineStyle.Width, e.CapWidth = 1.5*point, 8*point
	f.plot.Add(e)
	return f
}

// interval is one error bar as gonum/plot wants it.
type interval struct{ x, low, high float64 }

func (interval) Len() int                         { return 1 }
func (v interval) XY(int) (x, y float64)          { return v.x, (v.low + v.high) / 2 }
func (v interval) YError(int) (low, high float64) { return (v.high - v.low) / 2, (v.high - v.low) / 2 }
