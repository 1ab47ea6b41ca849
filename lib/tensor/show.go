package tensor

import (
	"fmt"
	"html"
	"strings"
)

// mostShown is how many elements of an axis are printed; of a longer one, the ends.
const mostShown = 8

// String prints the elements as nested rows with four decimals, the middle of long axes left out, and the shape.
func (t *Tensor) String() string {
	var b strings.Builder
	b.WriteString("tensor" + ShapeText(t.shape) + " ")
	t.write(&b, 0, 0, len("tensor"+ShapeText(t.shape)+" "))
	return b.String()
}

// Matrix copies the elements of a tensor of two axes to rows of float64, as pictures want them. It panics with *Error if there
// are not two axes.
func (t *Tensor) Matrix() [][]float64 {
	if len(t.shape) != 2 {
		fail("Matrix", "%s has not two axes", ShapeText(t.shape))
	}
	data, out := t.Data(), make([][]float64, t.shape[0])
	for i := range out {
		out[i] = make([]float64, t.shape[1])
		for j := range out[i] {
			out[i][j] = float64(data[i*t.shape[1]+j])
		}
	}
	return out
}

func (t *Tensor) write(b *strings.Builder, axis, offset, indent int) {
	if axis == len(t.shape) {
		fmt.Fprintf(b, "%.4f", t.data[offset])
		return
	}
	step := 1
	for _, d := range t.shape[axis+1:] {
		step *= d
	}
	b.WriteByte('[')
	for i := 0; i < t.shape[axis]; i++ {
		if i > 0 {
			if axis == len(t.shape)-1 {
				b.WriteByte(' ')
			} else {
				b.WriteString("\n" + strings.Repeat(" ", indent+1))
			}
		}
		if t.shape[axis] > mostShown && i == mostShown/2 {
			b.WriteString("...")
			i = t.shape[axis] - mostShown/2 - 1
			continue
		}
		t.write(b, axis+1, offset+i*step, indent+1)
	}
	b.WriteByte(']')
}

// HTML shows a vector or matrix as a table coloured by value; other shapes as text.
func (t *Tensor) HTML() string {
	if len(t.shape) == 0 || len(t.shape) > 2 || len(t.data) == 0 {
		return "<pre>" + html.EscapeString(t.String()) + "</pre>"
	}
	rows, cols := 1, t.shape[0]
	if len(t.shape) == 2 {
		rows, cols = t.shape[0], t.shape[1]
	}
	largest := float32(0)
	for _, x := range t.data {
		largest = max(largest, x, -x)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<div style="font-size:85%%;color:#666">tensor %s</div><table style="font-family:monospace">`, ShapeText(t.shape))
	for _, r := range shown(rows) {
		b.WriteString("<tr>")
		for _, c := range shown(cols) {
			if r < 0 || c < 0 {
				b.WriteString("<td>...</td>")
				continue
			}
			x := t.data[r*cols+c]
			fmt.Fprintf(&b, `<td style="text-align:right;background:%s">%.4g</td>`, shade(x, largest), x)
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</table>")
	return b.String()
}

// shown lists the indices to print of n; -1 stands for those left out.
func shown(n int) []int {
	var out []int
	for i := 0; i < n; i++ {
		if n > 2*mostShown && i == mostShown {
			out = append(out, -1)
			i = n - mostShown - 1
			continue
		}
		out = append(out, i)
	}
	return out
}

// shade is vermilion for negative values and blue for positive ones, paler the smaller they are.
func shade(x, largest float32) string {
	if largest == 0 || x != x {
		return "transparent"
	}
	rgb := "0,114,178"
	if x < 0 {
		rgb, x = "213,94,0", -x
	}
	return fmt.Sprintf("rgba(%s,%.2f)", rgb, 0.5*x/largest)
}
