package main

import (
	"bytes"
	"fmt"
)

// bf16File writes the conversions between float32 and bfloat16, and products with matrices stored in bfloat16.
func bf16File(s *isa, stubs *bytes.Buffer) []byte {
	a := newAsm(s, stubs)
	a.wordConstants()
	a.fromBF16()
	a.toBF16()
	if s == avx512 {
		a.pairOrder()
		a.pairAlong()
		a.pairBF16()
		a.pairPanel()
	}
	for r := 1; r <= s.halfRows(); r++ {
		a.halfDots(r)
	}
	return a.buf.Bytes()
}

func (a *asm) wordConstants() {
	a.buf.WriteByte('\n')
	for _, c := range []struct {
		name string
		bits uint32
	}{{"upper", 0xffff0000}, {"below", 0x7fff}, {"unit", 1}, {"quiet", 0x40}} {
		for i := range 4 {
			fmt.Fprintf(&a.buf, "DATA %s<>+%d(SB)/8, $0x%08x%08x\n", c.name, 8*i, c.bits, c.bits)
		}
		fmt.Fprintf(&a.buf, "GLOBL %s<>(SB), RODATA|NOPTR, $32\n", c.name)
	}
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

// pairAlong rounds a span of 32 numbers for each vector of words; neighbours share a word.
func (a *asm) pairAlong() {
	a.words("pairAlong", "(dst, src *float32, vectors int)")
	a.at("loop")
	a.op("VMOVUPS (SI), Z0")
	a.op("VMOVUPS 64(SI), Z1")
	a.round(0, 1, 0)
	a.op("VMOVUPS Z0, (DI)")
	a.op("ADDQ $128, SI")
	a.op("ADDQ $64, DI")
	a.op("SUBQ $1, CX")
	a.op("JNZ loop")
	a.ret()
}

// pairBF16 rounds two spans and puts element j of the first into the lower half of word j, of the second into the upper.
func (a *asm) pairBF16() {
	a.function("pairBF16x512", "(dst, low, high *float32, vectors int)", 32)
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ low+8(FP), SI")
	a.op("MOVQ high+16(FP), DX")
	a.op("MOVQ vectors+24(FP), CX")
	a.op("VMOVUPS pairOrder<>(SB), Z31")
	a.at("loop")
	a.pairVectors("(SI)", "(DX)", "(DI)", 0)
	for _, reg := range []string{"SI", "DX", "DI"} {
		a.op("ADDQ $64, %s", reg)
	}
	a.op("SUBQ $1, CX")
	a.op("JNZ loop")
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

// halfRows is how many rows of A halfDots takes at most: their vectors, the sums and two working registers must fit.
func (s *isa) halfRows() int {
	if s.width == 16 {
		return 4
	}
	return 2
}

// halfDots writes the kernel of r rows of float32 against four rows of bfloat16, both read along k. A 32-bit word holds two
// bfloat16: the lower one becomes a float32 by a shift, the upper one by a mask. So A comes sorted to match: in each block
// of two vectors first the elements with even index, then the odd ones. k counts blocks.
//
// Registers: SI, DX, R13 rows of A, their stride and three times it; BX, DI, R10 likewise for B; R8, R9 C.
func (a *asm) halfDots(r int) {
	const n = 4
	a.function(fmt.Sprintf("halfDots%dx%d_%s", r, n, a.suffix), "(blocks int, a *float32, lda int, b *uint16, ldb int, c *float32, ldc int)", 56)
	a.op("MOVQ blocks+0(FP), R12")
	a.op("MOVQ a+8(FP), SI")
	a.op("MOVQ lda+16(FP), DX")
	a.op("MOVQ b+24(FP), BX")
	a.op("MOVQ ldb+32(FP), DI")
	a.op("MOVQ c+40(FP), R8")
	a.op("MOVQ ldc+48(FP), R9")
	a.op("SHLQ $2, DX")
	a.op("SHLQ $1, DI")
	a.op("SHLQ $2, R9")
	a.op("LEAQ (DI)(DI*2), R10")
	if r > 3 {
		a.op("LEAQ (DX)(DX*2), R13")
	}
	inputs, word, low, mask := r*n, r*n+2*r, r*n+2*r+1, a.registers-1
	for i := range r * n {
		a.zero(a.reg(i))
	}
	a.op("VPBROADCASTD upper<>(SB), %s", a.reg(mask))
	a.at("loop")
	a.prefetchNext(r, n)
	for i := range r {
		at := []string{"(SI)", "(SI)(DX*1)", "(SI)(DX*2)", "(SI)(R13*1)"}[i]
		a.op("VMOVUPS %s, %s", at, a.reg(inputs+2*i))
		a.op("VMOVUPS %d%s, %s", a.bytes(), at, a.reg(inputs+2*i+1))
	}
	for j := range n {
		a.op("VMOVUPS %s, %s", []string{"(BX)", "(BX)(DI*1)", "(BX)(DI*2)", "(BX)(R10*1)"}[j], a.reg(word))
		a.op("VPSLLD $16, %s, %s", a.reg(word), a.reg(low))
		a.op("%s %s, %s, %s", a.and(), a.reg(mask), a.reg(word), a.reg(word))
		for i := range r {
			a.op("VFMADD231PS %s, %s, %s", a.reg(inputs+2*i), a.reg(low), a.reg(i*n+j))
			a.op("VFMADD231PS %s, %s, %s", a.reg(inputs+2*i+1), a.reg(word), a.reg(i*n+j))
		}
	}
	a.op("ADDQ $%d, SI", 2*a.bytes())
	a.op("ADDQ $%d, BX", a.bytes())
	a.op("SUBQ $1, R12")
	a.op("JNZ loop")
	for i := range r {
		a.op("VMOVUPS %s, (R8)", a.fourSums(i, n, word))
		if i < r-1 {
			a.op("ADDQ R9, R8")
		}
	}
	a.ret()
}

func (a *asm) and() string {
	if a.width == 16 {
		return "VPANDD"
	}
	return "VPAND"
}
