package main

import (
	"fmt"
	"math"
)

// constants writes the table: each constant eight times, so that AVX2 can use it as an operand in memory.
func (a *asm) constants() {
	table := []struct {
		name string
		bits uint32
	}{
		{"expLow", f32(-87.33654)}, {"expHigh", f32(89)}, {"log2e", f32(math.Log2E)},
		{"ln2High", f32(0.693359375)}, {"ln2Low", f32(-2.12194440e-4)},
		{"expPoly0", f32(1.9875691500e-4)}, {"expPoly1", f32(1.3981999507e-3)}, {"expPoly2", f32(8.3334519073e-3)},
		{"expPoly3", f32(4.1665795894e-2)}, {"expPoly4", f32(1.6666665459e-1)}, {"expPoly5", f32(5.0000001201e-1)},
		{"one", f32(1)}, {"bias", 127}, {"minusInf", f32(math.Inf(-1))}, {"sign", 1 << 31},
		{"geluCube", f32(0.044715)}, {"geluTwo", f32(2 * math.Sqrt(2/math.Pi))},
		{"half", f32(0.5)}, {"minusHalf", f32(-0.5)}, {"rootHalfPi", f32(1 / math.Sqrt(2*math.Pi))},
		{"erfStep", f32(0.3275911 / math.Sqrt2)}, {"erfPoly0", f32(0.5 * 0.254829592)}, {"erfPoly1", f32(0.5 * -0.284496736)},
		{"erfPoly2", f32(0.5 * 1.421413741)}, {"erfPoly3", f32(0.5 * -1.453152027)}, {"erfPoly4", f32(0.5 * 1.061405429)},
		{"geluSlope", f32(2 * math.Sqrt(2/math.Pi) * 3 * 0.044715)},
	}
	a.buf.WriteByte('\n')
	for _, c := range table {
		for i := range 4 {
			fmt.Fprintf(&a.buf, "DATA %s<>+%d(SB)/8, $0x%08x%08x\n", c.name, 8*i, c.bits, c.bits)
		}
		fmt.Fprintf(&a.buf, "GLOBL %s<>(SB), RODATA|NOPTR, $32\n", c.name)
	}
	if a.width == 8 {
		a.spanMaskTable()
	}
}

// spanMaskTable is 8 words of ones and 8 of zeros, for spanMask.
func (a *asm) spanMaskTable() {
	for i := range 8 {
		fmt.Fprintf(&a.buf, "DATA spanMask<>+%d(SB)/8, $%d\n", 8*i, map[bool]int{true: -1, false: 0}[i < 4])
	}
	a.buf.WriteString("GLOBL spanMask<>(SB), RODATA|NOPTR, $64\n")
}

func f32(x float64) uint32 { return math.Float32bits(float32(x)) }
