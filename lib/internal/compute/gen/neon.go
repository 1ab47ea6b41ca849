package main

import (
	"bytes"
	"fmt"
)

// The largest tile of the NEON kernels: six rows of four vectors of four floats.
const (
	neonRows    = 6
	neonVectors = 4
)

// neonFile writes the kernels for arm64. Go's assembler knows few vector instructions there; multiply-add, load, broadcast and
// store are enough for the matrix product, so everything else stays in plain Go. Sums are multiplied by alpha with a
// multiply-add onto C or onto zero.
func neonFile(stubs *bytes.Buffer) []byte {
	a := &asm{isa: avx2, stubs: stubs}
	a.buf.WriteString(header + "#include \"textflag.h\"\n")
	for r := 1; r <= neonRows; r++ {
		a.neonTile(r, true)
		a.neonTile(r, false)
	}
	a.neonDot()
	return a.buf.Bytes()
}

// neonTile writes the tile of r rows and sixteen columns. Registers: R0 k, R1 to R6 rows of A (R1 alone by columns, with
// R2 its step), R7 and R8 B and its stride, R9 and R10 C and its stride; V0 to V23 sums, V24 to V27 B, V28 and V29 A.
func (a *asm) neonTile(r int, byRow bool) {
	kind := "Cols"
	if byRow {
		kind = "Rows"
	}
	a.function(fmt.Sprintf("tile%s%d_neon", kind, r), "(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int, alpha float32, add int)", 72)
	for i, reg := range []string{"R0", "R1", "R2", "R7", "R8", "R9", "R10"} {
		name := []string{"k", "a", "lda", "b", "ldb", "c", "ldc"}[i]
		a.op("MOVD %s+%d(FP), %s", name, 8*i, reg)
	}
	for _, reg := range []string{"R2", "R8", "R10"} {
		a.op("LSL $2, %s, %s", reg, reg)
	}
	if byRow {
		a.op("MOVD R2, R11")
		for i := 1; i < r; i++ {
			a.op("ADD R11, R%d, R%d", i, i+1)
		}
	} else {
		a.op("SUB $%d, R2, R2", 4*r)
	}
	for i := range r * neonVectors {
		a.op("VEOR V%d.B16, V%d.B16, V%d.B16", i, i, i)
	}
	a.at("loop")
	a.op("VLD1 (R7), [V24.S4, V25.S4, V26.S4, V27.S4]")
	a.op("ADD R8, R7, R7")
	for i := range r {
		x, p := 28+i%2, 1
		if byRow {
			p = i + 1
		}
		a.op("VLD1R.P 4(R%d), [V%d.S4]", p, x)
		for v := range neonVectors {
			a.op("VFMLA V%d.S4, V%d.S4, V%d.S4", 24+v, x, i*neonVectors+v)
		}
	}
	if !byRow {
		a.op("ADD R2, R1, R1")
	}
	a.op("SUBS $1, R0, R0")
	a.op("BNE loop")
	a.neonStore(r)
}

func (a *asm) neonStore(r int) {
	a.op("MOVD $alpha+56(FP), R3")
	a.op("VLD1R (R3), [V28.S4]")
	a.op("MOVD add+64(FP), R4")
	for i := range r {
		for v := range neonVectors {
			a.op("VEOR V%d.B16, V%d.B16, V%d.B16", 24+v, 24+v, 24+v)
		}
		a.op("CBZ R4, set%d", i)
		a.op("VLD1 (R9), [V24.S4, V25.S4, V26.S4, V27.S4]")
		a.at(fmt.Sprintf("set%d", i))
		for v := range neonVectors {
			a.op("VFMLA V%d.S4, V28.S4, V%d.S4", i*neonVectors+v, 24+v)
		}
		a.op("VST1 [V24.S4, V25.S4, V26.S4, V27.S4], (R9)")
		if i < r-1 {
			a.op("ADD R10, R9, R9")
		}
	}
	a.op("RET")
}

// neonDot adds up products of runs of sixteen and stores the sixteen sums; the caller adds them up, and does the rest.
func (a *asm) neonDot() {
	a.function("dotNeon", "(x, y *float32, runs int, sums *[16]float32)", 32)
	for i, name := range []string{"x", "y", "runs", "sums"} {
		a.op("MOVD %s+%d(FP), R%d", name, 8*i, i)
	}
	for v := range 4 {
		a.op("VEOR V%d.B16, V%d.B16, V%d.B16", v, v, v)
	}
	a.at("loop")
	a.op("VLD1.P 64(R0), [V4.S4, V5.S4, V6.S4, V7.S4]")
	a.op("VLD1.P 64(R1), [V8.S4, V9.S4, V10.S4, V11.S4]")
	for v := range 4 {
		a.op("VFMLA V%d.S4, V%d.S4, V%d.S4", 4+v, 8+v, v)
	}
	a.op("SUBS $1, R2, R2")
	a.op("BNE loop")
	a.op("VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R3)")
	a.op("RET")
}
