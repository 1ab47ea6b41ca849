package main

import (
	"bytes"
	"fmt"
)

const (
	quantGroup  = 32             // elements that share a scale
	quantRecord = quantGroup + 8 // bytes of a group of x: elements, -offset times their sum, scale
	quantRows   = 8              // rows of x in the largest tile
)

// quantisedFile writes products of 8-bit integers (VPDPBUSD: four products of an unsigned and a signed byte are added to
// a 32-bit word) for weights of 8 and of 4 bits, and what brings rows of float32 into 8 bits.
func quantisedFile(stubs *bytes.Buffer) []byte {
	a := newAsm(avx512, stubs)
	a.quantiseRow()
	for _, bits := range []int{8, 4} {
		for r := 1; r <= quantRows; r++ {
			a.quantTile(bits, r)
		}
	}
	return a.buf.Bytes()
}

// quantTile writes the kernel of r rows of x against a panel of 16 rows of W. A vector of the panel holds four elements of
// each row, or eight of 4 bits: the first four in the lower halves of the bytes. Bytes of W are unsigned, larger by an
// offset than the value; x brings the sum to subtract.
//
// Registers: SI, DX, R10, R11, R13 x, its stride and 3, 5 and 7 times that; BX W, AX its scales; R8, R9 y; R12 groups.
func (a *asm) quantTile(bits, r int) {
	a.function(fmt.Sprintf("quant%dTile%d", bits, r), "(groups int, x *byte, ldx int, w *uint8, scales *float32, y *float32, ldy, cols int)", 64)
	for i, reg := range []string{"R12", "SI", "DX", "BX", "AX", "R8", "R9", "CX"} {
		name := []string{"groups", "x", "ldx", "w", "scales", "y", "ldy", "cols"}[i]
		a.op("MOVQ %s+%d(FP), %s", name, 8*i, reg)
	}
	a.op("SHLQ $2, R9")
	a.op("LEAQ (DX)(DX*2), R10")
	a.op("LEAQ (DX)(DX*4), R11")
	a.op("LEAQ (R10)(DX*4), R13")
	rows := []string{"(SI)", "(SI)(DX*1)", "(SI)(DX*2)", "(SI)(R10*1)", "(SI)(DX*4)", "(SI)(R11*1)", "(SI)(R10*2)", "(SI)(R13*1)"}
	const word, high, scale, mask = 16, 17, 18, 19
	for i := range r {
		a.zero(a.reg(i))
	}
	if bits == 4 {
		a.op("MOVL $0x0f0f0f0f, DI")
		a.op("VPBROADCASTD DI, %s", a.reg(mask))
	}
	a.at("loop")
	for i := range r {
		a.op("VPBROADCASTD %d%s, %s", quantGroup, rows[i], a.reg(8+i))
	}
	for b := range bits {
		a.op("VMOVDQU32 %d(BX), %s", 64*b, a.reg(word))
		a.op("PREFETCHT0 %d(BX)", 64*b+4096)
		if bits == 4 {
			a.op("VPSRLD $4, %s, %s", a.reg(word), a.reg(high))
			a.op("VPANDD %s, %s, %s", a.reg(mask), a.reg(word), a.reg(word))
			a.op("VPANDD %s, %s, %s", a.reg(mask), a.reg(high), a.reg(high))
		}
		step := quantGroup / bits
		for i := range r {
			a.op("VPDPBUSD.BCST %d%s, %s, %s", step*b, rows[i], a.reg(word), a.reg(8+i))
		}
		for i := 0; i < r && bits == 4; i++ {
			a.op("VPDPBUSD.BCST %d%s, %s, %s", step*b+4, rows[i], a.reg(high), a.reg(8+i))
		}
	}
	a.op("VMOVUPS (AX), %s", a.reg(scale))
	for i := range r {
		a.op("VCVTDQ2PS %s, %s", a.reg(8+i), a.reg(8+i))
		a.op("VMULPS.BCST %d%s, %s, %s", quantGroup+4, rows[i], a.reg(scale), a.reg(20+i))
		a.op("VFMADD231PS %s, %s, %s", a.reg(20+i), a.reg(8+i), a.reg(i))
	}
	a.op("ADDQ $%d, SI", quantRecord)
	a.op("ADDQ $%d, BX", 64*bits)
	a.op("ADDQ $64, AX")
	a.op("SUBQ $1, R12")
	a.op("JNZ loop")
	a.op("MOVL $1, AX")
	a.op("SHLL CX, AX")
	a.op("SUBL $1, AX")
	a.op("KMOVW AX, K1")
	for i := range r {
		a.op("VMOVUPS %s, K1, (R8)", a.reg(i))
		a.op("ADDQ R9, R8")
	}
	a.ret()
}

// quantiseRow writes records: s = max |x| / 127 over a group, round(x / s) as bytes, factor times their sum, s.
// The maximum is taken over bits, so that a NaN is the largest of all and reaches the scale.
func (a *asm) quantiseRow() {
	a.function("quantiseRow512", "(dst *byte, src *float32, groups int, factor int32)", 28)
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ src+8(FP), SI")
	a.op("MOVQ groups+16(FP), CX")
	a.op("MOVL factor+24(FP), DX")
	a.op("MOVL $0x7fffffff, AX")
	a.op("VPBROADCASTD AX, Z31")
	a.op("MOVL $0x42fe0000, AX") // 127
	a.op("VMOVD AX, X15")
	a.at("loop")
	a.op("VMOVUPS (SI), Z0")
	a.op("VMOVUPS 64(SI), Z1")
	a.op("VPANDD Z31, Z0, Z2")
	a.op("VPANDD Z31, Z1, Z3")
	a.op("VPMAXUD Z3, Z2, Z2")
	a.reduce("VPMAXUD")
	a.op("VDIVSS X15, X2, X4") // scale
	a.op("VDIVSS X2, X15, X5")
	a.op("VBROADCASTSS X5, Z5")
	a.op("VMULPS Z5, Z0, Z0")
	a.op("VMULPS Z5, Z1, Z1")
	a.op("VCVTPS2DQ Z0, Z0")
	a.op("VCVTPS2DQ Z1, Z1")
	a.op("VPMOVSDB Z0, (DI)")
	a.op("VPMOVSDB Z1, 16(DI)")
	a.op("VPADDD Z1, Z0, Z2")
	a.reduce("VPADDD")
	a.op("VMOVD X2, AX")
	a.op("IMULL DX, AX")
	a.op("MOVL AX, %d(DI)", quantGroup)
	a.op("VMOVSS X4, %d(DI)", quantGroup+4)
	a.op("ADDQ $128, SI")
	a.op("ADDQ $%d, DI", quantRecord)
	a.op("SUBQ $1, CX")
	a.op("JNZ loop")
	a.ret()
}

// reduce folds the sixteen words of Z2 into the first.
func (a *asm) reduce(op string) {
	a.op("VEXTRACTI64X4 $1, Z2, Y3")
	a.op("%s Y3, Y2, Y2", op)
	a.op("VEXTRACTI128 $1, Y2, X3")
	a.op("%s X3, X2, X2", op)
	a.op("VPSHUFD $0x4e, X2, X3")
	a.op("%s X3, X2, X2", op)
	a.op("VPSHUFD $0xb1, X2, X3")
	a.op("%s X3, X2, X2", op)
}
