package main

import (
	"bytes"
	"fmt"
)

// packFile writes what copies operands of the matrix product into panels. It needs AVX2 only; wider vectors would not
// move more bytes.
func packFile(stubs *bytes.Buffer) []byte {
	a := newAsm(avx2, stubs)
	a.transpose8()
	a.copyColumns(32)
	a.copyColumns(16)
	a.chunks()
	for r := 1; r <= avx512.rows; r++ {
		a.strips(r)
	}
	return a.buf.Bytes()
}

// transpose8 turns 8 rows of cols elements, cols a positive multiple of 8, into cols rows of 8.
func (a *asm) transpose8() {
	a.function("transpose8", "(dst *float32, ldd int, src *float32, lds, cols int)", 40)
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ ldd+8(FP), R9")
	a.op("MOVQ src+16(FP), SI")
	a.op("MOVQ lds+24(FP), DX")
	a.op("MOVQ cols+32(FP), CX")
	a.op("SHLQ $2, R9")
	a.op("SHLQ $2, DX")
	a.op("LEAQ (DX)(DX*2), R10")
	a.op("LEAQ (R9)(R9*2), R11")
	a.at("block")
	a.op("LEAQ (SI)(DX*4), R8")
	// Halves of rows r and r+4 side by side, so that the last step needs no exchange across the middle.
	for half := range 2 {
		for r, at := range []string{"", "(DX*1)", "(DX*2)", "(R10*1)"} {
			y := 4*half + r
			a.op("VMOVUPS %d(SI)%s, X%d", 16*half, at, y)
			a.op("VINSERTF128 $1, %d(R8)%s, Y%d, Y%d", 16*half, at, y, y)
		}
	}
	for half := range 2 {
		y := 4 * half
		a.op("VUNPCKLPS Y%d, Y%d, Y8", y+1, y)
		a.op("VUNPCKHPS Y%d, Y%d, Y9", y+1, y)
		a.op("VUNPCKLPS Y%d, Y%d, Y10", y+3, y+2)
		a.op("VUNPCKHPS Y%d, Y%d, Y11", y+3, y+2)
		a.op("VUNPCKLPD Y10, Y8, Y12")
		a.op("VUNPCKHPD Y10, Y8, Y13")
		a.op("VUNPCKLPD Y11, Y9, Y14")
		a.op("VUNPCKHPD Y11, Y9, Y15")
		for i, at := range []string{"", "(R9*1)", "(R9*2)", "(R11*1)"} {
			a.op("VMOVUPS Y%d, (DI)%s", 12+i, at)
		}
		a.op("LEAQ (DI)(R9*4), DI")
	}
	a.op("ADDQ $32, SI")
	a.op("SUBQ $8, CX")
	a.op("JNZ block")
	a.ret()
}

// chunks writes what copies count chunks of a row, to places step elements apart, and asks for the same place in the next row.
func (a *asm) chunks() {
	a.function("copyChunks", "(dst *float32, step int, src *float32, lds, count int)", 40)
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ step+8(FP), R9")
	a.op("MOVQ src+16(FP), SI")
	a.op("MOVQ lds+24(FP), DX")
	a.op("MOVQ count+32(FP), CX")
	a.op("SHLQ $2, R9")
	a.op("SHLQ $2, DX")
	a.op("SUBQ $2, CX")
	a.op("JLT last")
	a.at("two")
	a.op("PREFETCHT0 (SI)(DX*1)")
	a.op("VMOVUPS (SI), Y0")
	a.op("VMOVUPS 32(SI), Y1")
	a.op("VMOVUPS Y0, (DI)")
	a.op("VMOVUPS Y1, (DI)(R9*1)")
	a.op("ADDQ $64, SI")
	a.op("LEAQ (DI)(R9*2), DI")
	a.op("SUBQ $2, CX")
	a.op("JGE two")
	a.at("last")
	a.op("ADDQ $2, CX")
	a.op("JZ done")
	a.op("VMOVUPS (SI), Y0")
	a.op("VMOVUPS Y0, (DI)")
	a.at("done")
	a.ret()
}

// copyColumns copies rows of exactly width elements. Like strips it asks for memory some rows ahead.
func (a *asm) copyColumns(width int) {
	a.function(fmt.Sprintf("copyColumns%d", width), "(dst *float32, src *float32, lds, rows int)", 32)
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ src+8(FP), SI")
	a.op("MOVQ lds+16(FP), DX")
	a.op("MOVQ rows+24(FP), CX")
	a.op("SHLQ $2, DX")
	a.op("MOVQ DX, R8")
	a.op("SHLQ $4, R8") // 16 rows ahead
	a.op("ADDQ SI, R8")
	a.at("row")
	for at := 0; at < width; at += 16 {
		a.op("PREFETCHT0 %d(R8)", 4*at)
	}
	for i := range width / 8 {
		a.op("VMOVUPS %d(SI), Y%d", 32*i, i)
	}
	for i := range width / 8 {
		a.op("VMOVUPS Y%d, %d(DI)", i, 32*i)
	}
	a.op("ADDQ DX, SI")
	a.op("ADDQ DX, R8")
	a.op("ADDQ $%d, DI", 4*width)
	a.op("SUBQ $1, CX")
	a.op("JNZ row")
	a.ret()
}

// strips copies strips of r columns, which lie side by side, each to a place of its own: strip s of row p goes to
// dst[s*step+p*r:]. Rows are often a page apart, which the processor's own prefetching does not follow.
func (a *asm) strips(r int) {
	a.function(fmt.Sprintf("strips%d", r), "(dst *float32, step int, src *float32, lds, rows, count int)", 48)
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ step+8(FP), R9")
	a.op("MOVQ src+16(FP), SI")
	a.op("MOVQ lds+24(FP), DX")
	a.op("MOVQ rows+32(FP), CX")
	a.op("MOVQ count+40(FP), R10")
	a.op("SHLQ $2, R9")
	a.op("SHLQ $2, DX")
	a.at("row")
	a.op("MOVQ SI, R11")
	a.op("MOVQ DI, R12")
	a.op("MOVQ R10, AX")
	a.at("strip")
	a.op("PREFETCHT0 (R11)(DX*8)")
	for at := 0; at < r; {
		n, move, reg := 1, "VMOVSS", "X0"
		switch left := r - at; {
		case left >= 8:
			n, move, reg = 8, "VMOVUPS", "Y0"
		case left >= 4:
			n, move, reg = 4, "VMOVUPS", "X0"
		case left >= 2:
			n, move, reg = 2, "VMOVSD", "X0"
		}
		a.op("%s %d(R11), %s", move, 4*at, reg)
		a.op("%s %s, %d(R12)", move, reg, 4*at)
		at += n
	}
	a.op("ADDQ $%d, R11", 4*r)
	a.op("ADDQ R9, R12")
	a.op("SUBQ $1, AX")
	a.op("JNZ strip")
	a.op("ADDQ DX, SI")
	a.op("ADDQ $%d, DI", 4*r)
	a.op("SUBQ $1, CX")
	a.op("JNZ row")
	a.ret()
}
