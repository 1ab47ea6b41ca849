package plotting

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// HeatMap draws values[row][column] as colours from dark (lowest) to light (highest); row 0 is at the top.
// rows and columns name them; nil leaves the names out. The title should say what a colour means.
func HeatMap(title string, rows, columns []string, values [][]float64) *Figure {
	f := New(title, "", "")
	if len(values) == 0 || len(values[0]) == 0 {
		return f.fail("HeatMap", fmt.Errorf("there are no values"))
	}
	low, high := math.Inf(1), math.Inf(-1)
	for i, r := range values {
		if len(r) != len(values[0]) {
			return f.fail("HeatMap", fmt.Errorf("row %d has %d values, row 0 has %d", i, len(r), len(values[0])))
		}
		for _, v := range r {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if low > high {
		return f.fail("HeatMap", fmt.Errorf("every value is NaN or infinite"))
	}
	f.plot.X.Label.Text = fmt.Sprintf("dark %.3g ... light %.3g", low, high)
	if low == high { // one colour for all; gonum needs a range
		high = low + 1
	}
	m := plotter.NewHeatMap(grid(values), heat{})
	m.Min, m.Max, m.NaN = low, high, Sequential(math.NaN())
	f.plot.Add(m)
	f.series++
	f.plot.X.Tick.Marker = names(columns, len(values[0]), false)
	f.plot.Y.Tick.Marker = names(rows, len(values), true)
	return f
}

// grid turns rows from the top into gonum's rows from the bottom.
type grid [][]float64

// Dims returns the number of columns and rows.
func (g grid) Dims() (c, r int) { return len(g[0]), len(g) }

// Z returns the value in column c, r rows above the bottom.
func (g grid) Z(c, r int) float64 { return g[len(g)-1-r][c] }

// X returns the place of column c.
func (g grid) X(c int) float64 { return float64(c) }

// Y returns the place of row r from the bottom.
func (g grid) Y(r int) float64 { return float64(r) }

// names makes a tick at every name.
func names(labels []string, n int, fromTop bool) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for i, l := range labels {
		at := float64(i)
		if fromTop {
			at = float64(n - 1 - i)
		}
		ticks = append(ticks, plot.Tick{Value: at, Label: l})
	}
	return ticks
}

func sorted(vs []float64) []float64 {
	s := slices.Clone(vs)
	slices.Sort(s)
	return s
}
