package main

import (
	"bytes"
	"fmt"
)

// bf16File writes the conversions between float32 and bfloat16 and from binary16, and products with matrices stored in bfloat16.
func bf16File(s *isa, stubs *bytes.Buffer) []byte {
	a := newAsm(s, stubs)
	a.wordConstants()
	a.fromBF16()
	a.toBF16()
	a.fromF16()
	if s == avx512 {
		a.pairOrder()
		a.pairAlong()
		a.pairBF16()
		a.pairPanel()
	}
	return a.buf.Bytes()
}

func (a *asm) wordConstants() {
	a.buf.WriteByte('\n')
	for _, c := range []struct {
		name string
		bits uint32
	}{{"below", 0x7fff}, {"unit", 1}, {"quiet", 0x40}} {
		a.constant(c.name, c.bits)
	}
}

// constant writes 32 bits eight times.
func (a *asm) constant(name string, bits uint32) {
	a.table(name, [8]uint32{bits, bits, bits, bits, bits, bits, bits, bits})
}

// table writes eight words.
func (a *asm) table(name string, words [8]uint32) {
	for i := 0; i < len(words); i += 2 {
		fmt.Fprintf(&a.buf, "DATA %s<>+%d(SB)/8, $0x%08x%08x\n", name, 4*i, words[i+1], words[i])
	}
	fmt.Fprintf(&a.buf, "GLOBL %s<>(SB), RODATA|NOPTR, $32\n", name)
}

// words loads SI, DI and CX for a function over whole vectors; the caller sees to the rest.
func (a *asm) words(name, signature string) {
	a.function(name+a.suffix, signature, 24)
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ src+8(FP), SI")
	a.op("MOVQ vectors+16(FP), CX")
}

func (a *asm) fromBF16() {
	a.words("fromBF16x", "(dst *float32, src *uint16, vectors int)")
	a.at("loop")
	a.op("VPMOVZXWD (SI), %s", a.reg(0))
	a.op("VPSLLD $16, %s, %s", a.reg(0), a.reg(0))
	a.op("VMOVUPS %s, (DI)", a.reg(0))
	a.op("ADDQ $%d, SI", a.bytes()/2)
	a.op("ADDQ $%d, DI", a.bytes())
	a.op("SUBQ $1, CX")
	a.op("JNZ loop")
	a.ret()
}

func (a *asm) fromF16() {
	a.words("fromF16x", "(dst *float32, src *uint16, vectors int)")
	a.at("loop")
	a.op("VCVTPH2PS (SI), %s", a.reg(0))
	a.op("VMOVUPS %s, (DI)", a.reg(0))
	a.op("ADDQ $%d, SI", a.bytes()/2)
	a.op("ADDQ $%d, DI", a.bytes())
	a.op("SUBQ $1, CX")
	a.op("JNZ loop")
	a.ret()
}

// toBF16 rounds to nearest even: it adds 0x7fff and the lowest bit that stays, and takes the upper half. A NaN keeps its
// upper half, made quiet.
func (a *asm) toBF16() {
	a.words("toBF16x", "(dst *uint16, src *float32, vectors int)")
	z := a.reg
	for i, name := range []string{"below", "unit", "quiet"} {
		a.op("VPBROADCASTD %s<>(SB), %s", name, z(13+i))
	}
	a.at("loop")
	a.op("VMOVUPS (SI), %s", z(0))
	a.op("VPSRLD $16, %s, %s", z(0), z(1))
	if a.width == 16 {
		a.op("VPANDD %s, %s, %s", z(14), z(1), z(2))
	} else {
		a.op("VPAND %s, %s, %s", z(14), z(1), z(2))
	}
	a.op("VPADDD %s, %s, %s", z(13), z(2), z(2))
	a.op("VPADDD %s, %s, %s", z(0), z(2), z(2))
	a.op("VPSRLD $16, %s, %s", z(2), z(2))
	if a.width == 16 {
		a.op("VCMPPS $3, Z0, Z0, K1")
		a.op("VPORD Z15, Z1, K1, Z2")
		a.op("VPMOVDW Z2, (DI)")
	} else {
		a.op("VCMPPS $3, Y0, Y0, Y3")
		a.op("VPOR Y15, Y1, Y1")
		a.op("VBLENDVPS Y3, Y1, Y2, Y2")
		a.op("VEXTRACTI128 $1, Y2, X3")
		a.op("VPACKUSDW X3, X2, X2")
		a.op("VMOVDQU X2, (DI)")
	}
	a.op("ADDQ $%d, SI", a.bytes())
	a.op("ADDQ $%d, DI", a.bytes()/2)
	a.op("SUBQ $1, CX")
	a.op("JNZ loop")
	a.ret()
}

// pairOrder is the order of 16-bit numbers that puts the lower and the upper half of a register into alternate places.
func (a *asm) pairOrder() {
	a.buf.WriteByte('\n')
	for i := range 8 {
		fmt.Fprintf(&a.buf, "DATA pairOrder<>+%d(SB)/8, $0x%04x%04x%04x%04x\n", 8*i, 2*i+17, 2*i+1, 2*i+16, 2*i)
	}
	fmt.Fprintf(&a.buf, "GLOBL pairOrder<>(SB), RODATA|NOPTR, $64\n")
}

// round writes VCVTNE2PS2BF16: the elements of register low, rounded, to the lower half of register to, those of high to
// the upper half. It takes subnormal numbers for zero, as the products do.
func (a *asm) round(low, high, to int) { a.evex("VCVTNE2PS2BF16", 3, 0x72, low, high, to) }

// pairAlong rounds a span of n numbers, two to a word; with an odd n the last word's upper half is zero.
func (a *asm) pairAlong() {
	a.function("pairAlong512", "(dst, src *float32, n int)", 24)
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ src+8(FP), SI")
	a.op("MOVQ n+16(FP), CX")
	a.op("SUBQ $32, CX")
	a.op("JLT rest")
	a.at("loop")
	a.op("VMOVUPS (SI), Z0")
	a.op("VMOVUPS 64(SI), Z1")
	a.round(0, 1, 0)
	a.op("VMOVUPS Z0, (DI)")
	a.op("ADDQ $128, SI")
	a.op("ADDQ $64, DI")
	a.op("SUBQ $32, CX")
	a.op("JGE loop")
	a.at("rest")
	a.op("ADDQ $32, CX")
	a.op("JZ end")
	a.op("MOVL $1, AX")
	a.op("SHLQ CX, AX")
	a.op("SUBQ $1, AX")
	a.op("KMOVW AX, K1")
	a.op("SHRQ $16, AX")
	a.op("KMOVW AX, K2")
	a.op("VMOVUPS.Z (SI), K1, Z0")
	a.op("VMOVUPS.Z 64(SI), K2, Z1")
	a.round(0, 1, 0)
	a.op("ADDQ $1, CX")
	a.op("SHRQ $1, CX")
	a.spanMask()
	a.op("VMOVUPS Z0, K1, (DI)")
	a.at("end")
	a.ret()
}

// pairBF16 rounds two spans of n numbers and puts element j of the first into the lower half of word j, of the second into
// the upper. Without a second span, high = nil, the upper halves are zero.
func (a *asm) pairBF16() {
	a.function("pairBF16x512", "(dst, low, high *float32, n int)", 32)
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ low+8(FP), SI")
	a.op("MOVQ high+16(FP), DX")
	a.op("MOVQ n+24(FP), CX")
	a.op("VMOVUPS pairOrder<>(SB), Z31")
	a.op("XORL BX, BX")
	a.op("TESTQ DX, DX")
	a.op("JZ alone")
	a.op("SUBQ $16, CX")
	a.op("JLT rest")
	a.at("loop")
	a.pairVectors("(SI)(BX*1)", "(DX)(BX*1)", "(DI)(BX*1)", 0)
	a.op("ADDQ $64, BX")
	a.op("SUBQ $16, CX")
	a.op("JGE loop")
	a.at("rest")
	a.op("ADDQ $16, CX")
	a.op("JZ end")
	a.spanMask()
	a.op("VMOVUPS.Z (SI)(BX*1), K1, Z0")
	a.op("VMOVUPS.Z (DX)(BX*1), K1, Z1")
	a.round(0, 1, 0)
	a.op("VPERMW Z0, Z31, Z0")
	a.op("VMOVUPS Z0, K1, (DI)(BX*1)")
	a.at("end")
	a.ret()
	a.at("alone")
	a.zero(a.reg(1))
	a.at("turn")
	a.op("MOVQ CX, R8")
	a.op("CMPQ CX, $16")
	a.op("JLE masked")
	a.op("MOVL $16, CX")
	a.at("masked")
	a.op("SUBQ CX, R8")
	a.spanMask()
	a.op("VMOVUPS.Z (SI)(BX*1), K1, Z0")
	a.round(0, 1, 0)
	a.op("VPERMW Z0, Z31, Z0")
	a.op("VMOVUPS Z0, K1, (DI)(BX*1)")
	a.op("ADDQ $64, BX")
	a.op("MOVQ R8, CX")
	a.op("TESTQ CX, CX")
	a.op("JNZ turn")
	a.ret()
}

// pairPanel does the same for a panel of 32 columns: rows 2p and 2p+1 of src, lds apart, become row p of dst, which is
// contiguous. Rows of a matrix are often a page apart, which the processor's own prefetching does not follow.
func (a *asm) pairPanel() {
	const ahead = 8 // pairs of rows
	a.function("pairPanel512", "(dst, src *float32, lds, pairs int)", 32)
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ src+8(FP), SI")
	a.op("MOVQ lds+16(FP), DX")
	a.op("MOVQ pairs+24(FP), CX")
	a.op("SHLQ $2, DX")
	a.op("VMOVUPS pairOrder<>(SB), Z31")
	a.op("MOVQ DX, R8")
	a.op("SHLQ $%d, R8", 4) // 2*ahead rows
	a.op("ADDQ SI, R8")
	a.at("loop")
	for _, at := range []string{"(R8)", "64(R8)", "(R8)(DX*1)", "64(R8)(DX*1)"} {
		a.op("PREFETCHT0 %s", at)
	}
	a.op("LEAQ (R8)(DX*2), R8")
	a.pairVectors("(SI)", "(SI)(DX*1)", "(DI)", 0)
	a.pairVectors("64(SI)", "64(SI)(DX*1)", "64(DI)", 2)
	a.op("LEAQ (SI)(DX*2), SI")
	a.op("ADDQ $128, DI")
	a.op("SUBQ $1, CX")
	a.op("JNZ loop")
	a.ret()
}

// pairVectors joins one vector of each, with two working registers from z on.
func (a *asm) pairVectors(low, high, to string, z int) {
	a.op("VMOVUPS %s, Z%d", low, z)
	a.op("VMOVUPS %s, Z%d", high, z+1)
	a.round(z, z+1, z)
	a.op("VPERMW Z%d, Z31, Z%d", z, z)
	a.op("VMOVUPS Z%d, %s", z, to)
}
