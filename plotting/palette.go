package plotting

import (
	"image/color"
	"math"
)

// Palette are the colours of the series, in order: those of Okabe and Ito, which people with any of the
// common colour-vision deficiencies can tell apart (jfly.uni-koeln.de/color, 2008), the darkest first.
var Palette = []color.RGBA{
	{0, 114, 178, 255},   // blue
	{213, 94, 0, 255},    // vermilion
	{0, 158, 115, 255},   // bluish green
	{204, 121, 167, 255}, // reddish purple
	{230, 159, 0, 255},   // orange
	{86, 180, 233, 255},  // sky blue
	{0, 0, 0, 255},       // black
}

// Color returns the colour of the i-th series; the palette repeats.
func Color(i int) color.RGBA { return Palette[((i%len(Palette))+len(Palette))%len(Palette)] }

// ramp are anchors of a sequential scale from dark blue to yellow whose lightness rises evenly, so that it
// also reads in grey; the values are sampled from viridis (Smith and van der Walt 2015).
var ramp = []color.RGBA{
	{68, 1, 84, 255}, {71, 44, 122, 255}, {59, 81, 139, 255}, {44, 113, 142, 255}, {33, 144, 141, 255},
	{39, 173, 129, 255}, {92, 200, 99, 255}, {170, 220, 50, 255}, {253, 231, 37, 255},
}

// rampColors is how many steps a heat map's scale has.
const rampColors = 256

// Sequential returns the colour for x in [0, 1] on a scale from dark (0) to light (1). Values outside are
// clamped; NaN is grey.
func Sequential(x float64) color.RGBA {
	if math.IsNaN(x) {
		return color.RGBA{200, 200, 200, 255}
	}
	x = min(max(x, 0), 1) * float64(len(ramp)-1)
	i := min(int(x), len(ramp)-2)
	return mix(ramp[i], ramp[i+1], x-float64(i))
}

// Diverging returns the colour for x in [-1, 1]: vermilion below zero, white at zero, blue above.
func Diverging(x float64) color.RGBA {
	if math.IsNaN(x) {
		return color.RGBA{200, 200, 200, 255}
	}
	x = min(max(x, -1), 1)
	end := Palette[0]
	if x < 0 {
		end, x = Palette[1], -x
	}
	return mix(color.RGBA{255, 255, 255, 255}, end, x)
}

func mix(a, b color.RGBA, t float64) color.RGBA {
	f := func(p, q uint8) uint8 { return uint8(math.Round(float64(p) + t*(float64(q)-float64(p)))) }
	return color.RGBA{f(a.R, b.R), f(a.G, b.G), f(a.B, b.B), 255}
}

// readable returns black or white, whichever stands out on the background (ITU-R BT.601 luma).
func readable(bg color.RGBA) string {
	if 0.299*float64(bg.R)+0.587*float64(bg.G)+0.114*float64(bg.B) > 140 {
		return "#000"
	}
	return "#fff"
}

// heat is the sequential scale as gonum/plot wants it.
type heat struct{}

// Colors returns the whole scale, from low to high.
func (heat) Colors() []color.Color {
	out := make([]color.Color, rampColors)
	for i := range out {
		out[i] = Sequential(float64(i) / (rampColors - 1))
	}
	return out
}
