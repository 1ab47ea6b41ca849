package main

import (
	"bytes"
	"fmt"
)

// spreadTiles lists the kernels of spreadFile: vectors of rows of A, and rows of B, whose sums fill the registers.
func (s *isa) spreadTiles() [][2]int {
	if s.width == 16 {
		return [][2]int{{1, 8}, {2, 8}, {3, 8}, {4, 6}}
	}
	return [][2]int{{1, 8}, {2, 6}}
}

// spreadFile writes the kernels of products A * B^T that take B as it is stored: each element of B is spread over a vector
// and multiplied with a vector of rows of A, which come transposed. Nothing is added up across a vector and B is not
// copied, so that it can come from memory while the sums go on.
func spreadFile(s *isa, stubs *bytes.Buffer) []byte {
	a := newAsm(s, stubs)
	for _, t := range s.spreadTiles() {
		a.spread(t[0], t[1])
	}
	if s == avx2 {
		a.halves = true
		a.constant("upper", 0xffff0000)
	} else {
		a.pairs = true
	}
	for _, t := range s.spreadTiles() {
		a.spread(t[0], t[1])
	}
	return a.buf.Bytes()
}

// spreadUnroll is the elements of a cache line: so many steps ask once for the same line of each of the next rows.
const spreadUnroll = 16

// spread writes the kernel of v vectors of rows of A against n rows of B. a is [k][v vectors], out is [n][v vectors]; what
// is asked for on the way are n rows from next on, as far apart as those of B. With halves, B is words of two bfloat16, k counts
// words, and a has an element for each half.
//
// Registers: R9 the remaining k, SI A, BX and R13 rows 0 and 8 of B, CX and AX likewise of next, DI the stride and R10, R11,
// R12 3, 5 and 7 times that.
func (a *asm) spread(v, n int) {
	name := "spread"
	if a.pairs {
		name = "pairSpread"
	}
	if a.halves {
		name = "halfSpread"
	}
	a.function(fmt.Sprintf("%s%dx%d_%s", name, v, n, a.suffix), "(k int, a, b *float32, ldb int, out *float32, next uintptr)", 48)
	a.op("MOVQ k+0(FP), R9")
	a.op("MOVQ a+8(FP), SI")
	a.op("MOVQ b+16(FP), BX")
	a.op("MOVQ ldb+24(FP), DI")
	a.op("MOVQ next+40(FP), CX")
	a.op("SHLQ $2, DI")
	a.op("LEAQ (DI)(DI*2), R10")
	a.op("LEAQ (DI)(DI*4), R11")
	a.op("LEAQ (R10)(DI*4), R12")
	if n > 8 {
		a.op("LEAQ (BX)(DI*8), R13")
		a.op("LEAQ (CX)(DI*8), AX")
	}
	for i := range v * n {
		a.zero(a.reg(i))
	}
	if a.halves {
		a.op("VPBROADCASTD upper<>(SB), %s", a.reg(a.registers-1))
	}
	a.op("SUBQ $%d, R9", spreadUnroll)
	a.op("JLT rest")
	a.at("line")
	for p := range spreadUnroll {
		if p < n {
			a.op("PREFETCHT1 %s", spreadRow(p, 0, "CX", "AX"))
		}
		a.spreadSteps(v, n, p)
	}
	a.spreadAdvance(v, n, spreadUnroll)
	a.op("SUBQ $%d, R9", spreadUnroll)
	a.op("JGE line")
	a.at("rest")
	a.op("ADDQ $%d, R9", spreadUnroll)
	a.op("JZ store")
	a.at("one")
	a.spreadSteps(v, n, 0)
	a.spreadAdvance(v, n, 1)
	a.op("SUBQ $1, R9")
	a.op("JNZ one")
	a.at("store")
	a.op("MOVQ out+32(FP), BX")
	for i := range v * n {
		a.op("VMOVUPS %s, %d(BX)", a.reg(i), i*a.bytes())
	}
	a.ret()
}

// spreadRow is the address of element p of row j from a pointer to row 0, or to row 8.
func spreadRow(j, p int, first, eighth string) string {
	if j >= 8 {
		first = eighth
	}
	at := []string{"", "(DI*1)", "(DI*2)", "(R10*1)", "(DI*4)", "(R11*1)", "(R10*2)", "(R12*1)"}[j%8]
	return fmt.Sprintf("%d(%s)%s", 4*p, first, at)
}

func (a *asm) spreadAdvance(v, n, steps int) {
	a.op("ADDQ $%d, SI", steps*a.inWord()*v*a.bytes())
	for _, reg := range []string{"BX", "CX", "R13", "AX"}[:2+2*((n-1)/8)] {
		a.op("ADDQ $%d, %s", 4*steps, reg)
	}
}

// inWord is how many elements of B there are in 32 bits.
func (a *asm) inWord() int {
	if a.halves {
		return 2
	}
	return 1
}

// spreadSteps multiplies word p of each row of B with the vectors of A.
func (a *asm) spreadSteps(v, n, p int) {
	for half := range a.inWord() {
		a.spreadStep(v, n, p, half)
	}
}

// spreadStep multiplies one half of the words, or the whole of them.
func (a *asm) spreadStep(v, n, p, half int) {
	x := v * n // the vectors of A, then the places of elements of B
	for i := range v {
		a.op("VMOVUPS %d(SI), %s", ((a.inWord()*p+half)*v+i)*a.bytes(), a.reg(x+i))
	}
	free := a.registers - 1
	if !a.halves {
		free++
	}
	for j := range n {
		from := spreadRow(j, p, "BX", "R13")
		if v == 1 && a.width == 16 && !a.pairs {
			a.op("VFMADD231PS.BCST %s, %s, %s", from, a.reg(x), a.reg(j))
			continue
		}
		element := x + v
		if element+1 < free {
			element += j % 2
		}
		a.op("VBROADCASTSS %s, %s", from, a.reg(element))
		switch {
		case a.halves && half == 0:
			a.op("VPSLLD $16, %s, %s", a.reg(element), a.reg(element))
		case a.halves:
			a.op("VPAND %s, %s, %s", a.reg(free), a.reg(element), a.reg(element))
		}
		for i := range v {
			a.multiplyAdd(x+i, element, j*v+i)
		}
	}
}
