package main

import (
	"bytes"
	"fmt"
)

// int8File writes products with matrices stored as 8-bit integers with a scale for every 32 of them.
func int8File(s *isa, stubs *bytes.Buffer) []byte {
	a := newAsm(s, stubs)
	for r := 1; r <= s.lineRows(); r++ {
		a.byteDots(r)
	}
	return a.buf.Bytes()
}

// byteDots writes the kernel of r rows of float32 against four rows of bytes, both read along k; groups counts runs of 32.
//
// Registers: SI, DX, R13 rows of A, their stride and three times it; BX, DI, R10 likewise for B; AX, R11, CX the scales;
// R8, R9 C.
func (a *asm) byteDots(r int) {
	const n, group = 4, 32
	signature := "(groups int, a *float32, lda int, b *int8, ldb int, scales *float32, lds int, c *float32, ldc int)"
	a.function(fmt.Sprintf("byteDots%dx%d_%s", r, n, a.suffix), signature, 72)
	for i, reg := range []string{"R12", "SI", "DX", "BX", "DI", "AX", "R11", "R8", "R9"} {
		name := []string{"groups", "a", "lda", "b", "ldb", "scales", "lds", "c", "ldc"}[i]
		a.op("MOVQ %s+%d(FP), %s", name, 8*i, reg)
	}
	for _, reg := range []string{"DX", "R11", "R9"} {
		a.op("SHLQ $2, %s", reg)
	}
	a.op("LEAQ (DI)(DI*2), R10")
	a.op("LEAQ (R11)(R11*2), CX")
	if r > 3 {
		a.op("LEAQ (DX)(DX*2), R13")
	}
	for i := range r * n {
		a.zero(a.reg(i))
	}
	scale, word := a.reg(r*n), a.reg(r*n+1)
	a.at("loop")
	for j := range n {
		row := []string{"(BX)", "(BX)(DI*1)", "(BX)(DI*2)", "(BX)(R10*1)"}[j]
		a.op("VBROADCASTSS %s, %s", []string{"(AX)", "(AX)(R11*1)", "(AX)(R11*2)", "(AX)(CX*1)"}[j], scale)
		for at := 0; at < group; at += a.width {
			a.op("VPMOVSXBD %d%s, %s", at, row, word)
			a.op("VCVTDQ2PS %s, %s", word, word)
			a.op("VMULPS %s, %s, %s", scale, word, word)
			for i := range r {
				x := []string{"(SI)", "(SI)(DX*1)", "(SI)(DX*2)", "(SI)(R13*1)"}[i]
				a.op("VFMADD231PS %d%s, %s, %s", 4*at, x, word, a.reg(i*n+j))
			}
		}
	}
	a.op("ADDQ $%d, SI", 4*group)
	a.op("ADDQ $%d, BX", group)
	a.op("ADDQ $4, AX")
	a.op("SUBQ $1, R12")
	a.op("JNZ loop")
	for i := range r {
		a.op("VMOVUPS %s, (R8)", a.fourSums(i, n, r*n))
		if i < r-1 {
			a.op("ADDQ R9, R8")
		}
	}
	a.ret()
}
