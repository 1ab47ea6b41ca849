package plotting

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// roundTicks puts labels at multiples of 1, 2 or 5 times a power of ten, in at most so many steps, and a mark without a label between
// two of them. gonum's own choice gives the ends of the data more weight than round numbers, and starts at 0.35.
type roundTicks int

// mostTicks bounds the marks of an axis whose step, for want of digits, no longer moves a number on.
const mostTicks = 100

// Ticks lists the marks between low and high, in order.
func (most roundTicks) Ticks(low, high float64) []plot.Tick {
	span := high - low
	if !(span > 0) || math.IsInf(span, 0) {
		return []plot.Tick{{Value: low, Label: strconv.FormatFloat(low, 'g', 4, 64)}}
	}
	step, digits := roundStep(span / float64(most))
	var ticks []plot.Tick
	slack := span * 1e-9 // an end that is a multiple but for rounding has its mark
	first := math.Ceil((low - slack) / (step / 2))
	for i := 0.0; i < mostTicks && (first+i)*step/2 <= high+slack; i++ {
		half := first + i
		t := plot.Tick{Value: half * step / 2}
		if math.Mod(half, 2) == 0 {
			t.Label = tickLabel(t.Value, digits)
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// roundStep is the smallest round number that is at least x, and how many decimals it needs.
func roundStep(x float64) (step float64, digits int) {
	power := math.Floor(math.Log10(x))
	for _, f := range []float64{1, 2, 5, 10} {
		if step = f * math.Pow(10, power); step >= x*(1-1e-9) {
			if f == 10 {
				power++
			}
			break
		}
	}
	return step, max(0, -int(power))
}

func tickLabel(v float64, digits int) string {
	if a := math.Abs(v); a >= 1e6 || digits > 5 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if v == 0 { // not -0
		return "0"
	}
	return s
}
