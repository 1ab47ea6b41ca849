package plotting

import "gonum.org/v1/plot"

// placeLegend puts the legend into the corner where it covers least of the lines: the first of equals, from the top right.
func (f *Figure) placeLegend() {
	if f.placed || f.named == 0 {
		return
	}
	p := f.plot
	height := 0.03 + float64(f.named)*20/float64(f.height) // a line of the legend is some 20 pixels high
	least := -1
	for _, corner := range []struct{ top, left bool }{{true, false}, {true, true}, {false, false}, {false, true}} {
		covered := 0
		for _, pts := range f.marks {
			for i := range pts {
				for k := range steps(i) { // points may stand far apart: look between them too
					at := pts[i]
					if i > 0 {
						share := float64(k) / between
						at.X, at.Y = pts[i-1].X+share*(at.X-pts[i-1].X), pts[i-1].Y+share*(at.Y-pts[i-1].Y)
					}
					x, y := norm(p.X, at.X), norm(p.Y, at.Y)
					if (x < legendWidth) == corner.left && (x < legendWidth || x > 1-legendWidth) && (corner.top && y > 1-height || !corner.top && y < height) {
						covered++
					}
				}
			}
		}
		if least < 0 || covered < least {
			least, p.Legend.Top, p.Legend.Left = covered, corner.top, corner.left
		}
	}
}

// legendWidth is how much of a figure's width a legend takes, about; between is how many places between two points are looked at.
const legendWidth, between = 0.3, 4

func steps(i int) int {
	if i == 0 {
		return 1
	}
	return between
}

// norm is where a value stands on an axis, from 0 to 1.
func norm(a plot.Axis, v float64) float64 {
	if a.Max <= a.Min {
		return 0.5
	}
	return a.Norm(v)
}
