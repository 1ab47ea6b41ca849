package main

import (
	"bytes"
	"fmt"
)

// streamFile writes the kernels of products A * B^T with few rows of A, whose time is that of reading B from memory.
//
// A processor fetches ahead along one run of memory far better than along four, so with up to four rows of A (lines) the rows
// of B are read one after another. With more (ahead) four rows of B share each vector of A, and the kernel asks for
// what comes after them itself, a line or two in each step, in order.
func streamFile(s *isa, stubs *bytes.Buffer) []byte {
	a := newAsm(s, stubs)
	a.buf.WriteByte('\n')
	a.constant("upper", 0xffff0000)
	if s == avx2 {
		a.spanMaskTable()
	}
	for r := 1; r <= s.lineRows(); r++ {
		a.lines(r)
		a.halfDots(r)
	}
	if s != avx512 {
		return a.buf.Bytes()
	}
	for r := 1; r <= aheadRows; r++ {
		a.ahead(r)
		a.pairs = true
		a.ahead(r)
		a.pairs = false
	}
	return a.buf.Bytes()
}

// lineRows is how many rows of A lines and halfDots take at most: the sums and working registers must fit.
func (s *isa) lineRows() int {
	if s.width == 16 {
		return 4
	}
	return 2
}

// lineRow names the register that points to row i of A in lines and halfDots.
func lineRow(i int) string { return []string{"SI", "R10", "R11", "R13"}[i] }

// linePointers makes pointers to r rows of A, DX bytes apart, from the first.
func linePointers(a *asm, r int) {
	for i := 1; i < r; i++ {
		a.op("LEAQ (%s)(DX*1), %s", lineRow(i-1), lineRow(i))
	}
}

// lines writes the kernel of r rows of A against four rows of B, which are read one after another along k.
//
// Registers: R12 bytes of whole vectors in a row, R8 and R9 C and its stride, BX and DI B and its stride, CX the place in the row.
func (a *asm) lines(r int) {
	const n = 4
	a.function(fmt.Sprintf("lines%dx%d_%s", r, n, a.suffix), dotSignature, 72)
	a.op("MOVQ k+0(FP), CX")
	a.op("MOVQ a+8(FP), SI")
	a.op("MOVQ lda+16(FP), DX")
	a.op("MOVQ b+24(FP), BX")
	a.op("MOVQ ldb+32(FP), DI")
	a.op("MOVQ c+40(FP), R8")
	a.op("MOVQ ldc+48(FP), R9")
	for _, reg := range []string{"DX", "DI", "R9"} {
		a.op("SHLQ $2, %s", reg)
	}
	linePointers(a, r)
	a.op("MOVQ CX, R12")
	a.op("ANDQ $%d, R12", -a.width)
	a.op("SHLQ $2, R12")
	a.op("ANDQ $%d, CX", a.width-1)
	a.spanMask() // 0 elements: nothing is read or added
	for i := range r * n {
		a.zero(a.reg(i))
	}
	word, spare, more := a.reg(r*n), a.reg(r*n+1), r*n+2
	chains := 4 / r // sums of a row of B that grow side by side: one alone would wait for each addition
	if chains > 1 {
		a.op("MOVQ R12, R13")
		a.op("ANDQ $%d, R13", -chains*a.bytes())
	}
	for j := range n {
		a.op("XORQ CX, CX")
		if chains > 1 {
			a.lineChains(r, n, j, chains, more)
		}
		a.op("CMPQ CX, R12")
		a.op("JGE rest%d", j)
		a.at(fmt.Sprintf("loop%d", j))
		a.op("VMOVUPS (BX)(CX*1), %s", word)
		for i := range r {
			a.op("VFMADD231PS (%s)(CX*1), %s, %s", lineRow(i), word, a.reg(i*n+j))
		}
		a.op("ADDQ $%d, CX", a.bytes())
		a.op("CMPQ CX, R12")
		a.op("JLT loop%d", j)
		a.at(fmt.Sprintf("rest%d", j))
		a.loadSpan("(BX)(CX*1)", word)
		for i := range r {
			a.loadSpan(fmt.Sprintf("(%s)(CX*1)", lineRow(i)), spare)
			a.op("VFMADD231PS %s, %s, %s", word, spare, a.reg(i*n+j))
		}
		if j < n-1 {
			a.op("ADDQ DI, BX")
		}
	}
	a.storeDots(r, n)
}

// lineChains is the loop of lines over the first R13 bytes of row j of B, chains vectors at a time, each added to a sum of its
// own; registers from more on hold those beyond the first until all are added up.
func (a *asm) lineChains(r, n, j, chains, more int) {
	word := a.reg(r * n)
	sum := func(i, chain int) string {
		if chain == 0 {
			return a.reg(i*n + j)
		}
		return a.reg(more + i*(chains-1) + chain - 1)
	}
	a.op("CMPQ CX, R13")
	a.op("JGE single%d", j)
	for i := range r {
		for c := 1; c < chains; c++ {
			a.zero(sum(i, c))
		}
	}
	a.at(fmt.Sprintf("chains%d", j))
	for c := range chains {
		a.op("VMOVUPS %d(BX)(CX*1), %s", c*a.bytes(), word)
		for i := range r {
			a.op("VFMADD231PS %d(%s)(CX*1), %s, %s", c*a.bytes(), lineRow(i), word, sum(i, c))
		}
	}
	a.op("ADDQ $%d, CX", chains*a.bytes())
	a.op("CMPQ CX, R13")
	a.op("JLT chains%d", j)
	for i := range r {
		for step := 1; step < chains; step *= 2 {
			for c := 0; c < chains; c += 2 * step {
				a.op("VADDPS %s, %s, %s", sum(i, c+step), sum(i, c), sum(i, c))
			}
		}
	}
	a.at(fmt.Sprintf("single%d", j))
}

// loadSpan loads the elements that spanMask lets through, and zeros.
func (a *asm) loadSpan(from, to string) {
	if a.width == 16 {
		a.op("VMOVUPS.Z %s, K1, %s", from, to)
	} else {
		a.op("VMASKMOVPS %s, %s, %s", from, a.reg(15), to)
	}
}

// halfDots writes the kernel of r rows of float32 against four rows of bfloat16, which are read one after another along k. A
// 32-bit word holds two bfloat16: the lower one becomes a float32 by a shift, the upper one by a mask. So A comes sorted
// to match: in each block of two vectors first the elements with even index, then the odd ones. k counts blocks.
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
	a.op("IMULQ $%d, R12", a.bytes())
	linePointers(a, r)
	word, low, mask := r*n, r*n+1, a.registers-1
	upper := func(i int) string { return a.reg(r*n + 2 + i) } // sums of the elements with odd index in the current row of B
	for i := range r * n {
		a.zero(a.reg(i))
	}
	a.op("VPBROADCASTD upper<>(SB), %s", a.reg(mask))
	for j := range n {
		a.op("XORQ CX, CX")
		for i := range r {
			a.zero(upper(i))
		}
		a.at(fmt.Sprintf("loop%d", j))
		a.op("VMOVUPS (BX)(CX*1), %s", a.reg(word))
		a.op("VPSLLD $16, %s, %s", a.reg(word), a.reg(low))
		a.op("%s %s, %s, %s", a.and(), a.reg(mask), a.reg(word), a.reg(word))
		for i := range r {
			a.op("VFMADD231PS (%s)(CX*2), %s, %s", lineRow(i), a.reg(low), a.reg(i*n+j))
			a.op("VFMADD231PS %d(%s)(CX*2), %s, %s", a.bytes(), lineRow(i), a.reg(word), upper(i))
		}
		a.op("ADDQ $%d, CX", a.bytes())
		a.op("CMPQ CX, R12")
		a.op("JLT loop%d", j)
		for i := range r {
			a.op("VADDPS %s, %s, %s", upper(i), a.reg(i*n+j), a.reg(i*n+j))
		}
		if j < n-1 {
			a.op("ADDQ DI, BX")
		}
	}
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

// aheadRows is how many rows of A ahead takes at most: sixteen sums are added up as one.
const aheadRows = 4

// ahead writes the kernel of r rows of A against four rows of B, side by side along k. In each vector step it asks for the
// lines of memory at next and next+second, and goes on by advance, all in bytes.
//
// Registers: R12 the remaining k, SI, DX, R13 A, its stride and three times it, BX, DI, R10 likewise for B, R8, R9 C and its
// stride, R11 next, CX second, AX advance. Z0 to Z15 are the sums.
func (a *asm) ahead(r int) {
	name := "ahead"
	if a.pairs {
		name = "pairAhead"
	}
	a.function(fmt.Sprintf("%s%dx4_%s", name, r, a.suffix), "(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int, alpha float32, add int, next uintptr, second, advance int)", 96)
	a.op("MOVQ k+0(FP), R12")
	a.op("MOVQ a+8(FP), SI")
	a.op("MOVQ lda+16(FP), DX")
	a.op("MOVQ b+24(FP), BX")
	a.op("MOVQ ldb+32(FP), DI")
	a.op("MOVQ c+40(FP), R8")
	a.op("MOVQ ldc+48(FP), R9")
	a.op("MOVQ next+72(FP), R11")
	a.op("MOVQ second+80(FP), CX")
	a.op("MOVQ advance+88(FP), AX")
	for _, reg := range []string{"DX", "DI", "R9"} {
		a.op("SHLQ $2, %s", reg)
	}
	a.op("LEAQ (DI)(DI*2), R10")
	a.op("LEAQ (DX)(DX*2), R13")
	for i := range 16 {
		a.zero(a.reg(i))
	}
	a.at("loop")
	a.op("SUBQ $16, R12")
	a.op("JLT rest")
	a.op("PREFETCHT0 (R11)")
	a.op("PREFETCHT0 (R11)(CX*1)")
	a.op("ADDQ AX, R11")
	a.aheadStep(r, "VMOVUPS %s, %s")
	a.op("ADDQ $64, SI")
	a.op("ADDQ $64, BX")
	a.op("JMP loop")
	a.at("rest")
	a.op("ADDQ $16, R12")
	a.op("JZ store")
	a.op("MOVQ R12, CX")
	a.spanMask()
	a.aheadStep(r, "VMOVUPS.Z %s, K1, %s")
	a.at("store")
	a.sixteenSums()
	a.op("VBROADCASTSS alpha+56(FP), Z1")
	a.op("VMULPS Z1, Z0, Z0")
	a.op("MOVQ add+64(FP), AX")
	for i := range r {
		a.op("VEXTRACTF32X4 $%d, Z0, X2", i)
		a.op("TESTQ AX, AX")
		a.op("JZ set%d", i)
		a.op("VADDPS (R8), X2, X2")
		a.at(fmt.Sprintf("set%d", i))
		a.op("VMOVUPS X2, (R8)")
		if i < r-1 {
			a.op("ADDQ R9, R8")
		}
	}
	a.ret()
}

// aheadStep multiplies one vector of each row.
func (a *asm) aheadStep(r int, load string) {
	for j, at := range []string{"(BX)", "(BX)(DI*1)", "(BX)(DI*2)", "(BX)(R10*1)"} {
		a.op(load, at, a.reg(16+j))
	}
	for i, at := range []string{"(SI)", "(SI)(DX*1)", "(SI)(DX*2)", "(SI)(R13*1)"}[:r] {
		x := 20 + i%2
		a.op(load, at, a.reg(x))
		for j := range 4 {
			a.multiplyAdd(x, 16+j, 4*i+j)
		}
	}
}

// sixteenSums adds up the elements of each of Z0 to Z15 and leaves the sums in Z0, in order: neighbours are added and
// interleaved, which halves the number of registers in each of four rounds.
func (a *asm) sixteenSums() {
	round := func(n int, low, high string) {
		for i := range n {
			x, y := a.reg(2*i), a.reg(2*i+1)
			a.op("%s %s, %s, Z20", low, y, x)
			a.op("%s %s, %s, Z21", high, y, x)
			a.op("VADDPS Z20, Z21, %s", a.reg(i))
		}
	}
	round(8, "VUNPCKLPS", "VUNPCKHPS")
	round(4, "VUNPCKLPD", "VUNPCKHPD")
	round(2, "VSHUFF32X4 $0x88,", "VSHUFF32X4 $0xdd,")
	round(1, "VSHUFF32X4 $0x88,", "VSHUFF32X4 $0xdd,")
}
