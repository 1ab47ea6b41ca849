package main

import (
	"bytes"
	"fmt"
)

// Sizes of AMX: a tile register holds 16 rows of 64 bytes. The operands of a product lie in panels of two tiles, which
// follow each other for each step along the sum.
const (
	amxRow   = 64           // bytes
	amxTile  = 16 * amxRow  // bytes
	amxStep  = 2 * amxTile  // bytes of a panel
	amxLine  = 2 * amxRow   // bytes between rows of a panel whose two tiles lie side by side
	amxSums  = 4            // tile registers 0 to 3 hold sums, 4 and 5 rows of A, 6 and 7 columns of B
	amxTurns = 8 * amxSums  // products in a turn of the loop that measures the peak
	amxWords = 16           // words of two bfloat16 in a row
	amxElems = 2 * amxWords // elements of a sum in a step
)

// amxFile writes the products of bfloat16 on tile registers (AMX-BF16) and what packs their operands.
func amxFile(stubs *bytes.Buffer) []byte {
	a := newAsm(avx512, stubs)
	a.pairOrder()
	a.amxConfig()
	for rows := 1; rows <= 2; rows++ {
		for cols := 1; cols <= 2; cols++ {
			a.amxProduct(rows, cols)
		}
	}
	a.amxRows()
	a.amxRowsT()
	a.amxColsT()
	a.amxTranspose()
	a.amxPeak()
	fmt.Fprintf(stubs, "\n// Multiply-adds of one bfloat16 in one turn of amxPeak.\nconst amxPeakTurn = %d\n", amxTurns*16*16*amxElems)
	return a.buf.Bytes()
}

// amxConfig is the operand of LDTILECFG: palette 1, all eight registers of 16 rows of 64 bytes.
func (a *asm) amxConfig() {
	a.buf.WriteByte('\n')
	for i, word := range []uint64{1, 0, 0x0040004000400040, 0x0040004000400040, 0, 0, 0x1010101010101010, 0} {
		fmt.Fprintf(&a.buf, "DATA amxConfig<>+%d(SB)/8, $0x%016x\n", 8*i, word)
	}
	fmt.Fprintf(&a.buf, "GLOBL amxConfig<>(SB), RODATA|NOPTR, $64\n")
}

// numbers of the general registers in instructions.
var general = map[string]int{"AX": 0, "CX": 1, "DX": 2, "BX": 3, "SI": 6, "DI": 7, "R8": 8, "R9": 9, "R10": 10, "R11": 11, "R12": 12, "R13": 13}

// vex writes an instruction on tiles as bytes, for Go's assembler has none of them: VEX.128.PREFIX.0F38.W0 OPCODE with
// the prefix 0 for none, 2 for F3 and 3 for F2, the register vvvv, and the bytes after the opcode.
func (a *asm) vex(text string, prefix, vvvv, index, base, opcode int, rest ...int) {
	code := []int{0xc4, 1<<7 | (^index>>3&1)<<6 | (^base>>3&1)<<5 | 2, (^vvvv&15)<<3 | prefix, opcode}
	line := "\t"
	for i, b := range append(code, rest...) {
		if i > 0 {
			line += "; "
		}
		line += fmt.Sprintf("BYTE $0x%02x", b)
	}
	a.buf.WriteString(line + " // " + text + "\n")
}

// tileMove writes a load (F2) or a store (F3) of a tile whose rows begin at base+offset and are index apart.
func (a *asm) tileMove(name string, prefix, tile int, base string, offset int, index string) {
	b, i := general[base], general[index]
	a.vex(fmt.Sprintf("%s T%d, %d(%s)(%s*1)", name, tile, offset, base, index), prefix, 0, i, b, 0x4b, 1<<6|tile<<3|4, i&7<<3|b&7, offset&0xff)
}

func (a *asm) tileLoad(tile int, base string, offset int, index string) {
	a.tileMove("TILELOADD", 3, tile, base, offset, index)
}

func (a *asm) tileStore(tile int, base string, offset int, index string) {
	a.tileMove("TILESTORED", 2, tile, base, offset, index)
}

func (a *asm) tileZero(tile int) {
	a.vex(fmt.Sprintf("TILEZERO T%d", tile), 3, 0, 0, 0, 0x49, 3<<6|tile<<3)
}

// tileProduct adds the product of tiles x (rows) and y (columns) to sum.
func (a *asm) tileProduct(x, y, sum int) {
	a.vex(fmt.Sprintf("TDPBF16PS T%d, T%d, T%d", y, x, sum), 2, y, 0, 0, 0x5c, 3<<6|sum<<3|x)
}

// tilesBegin configures the tile registers. Each function does so and releases them at its end: between two calls the
// goroutine may go on on another thread, and only threads that use tiles carry their 8 KB through context switches.
func (a *asm) tilesBegin() {
	a.op("LEAQ amxConfig<>(SB), AX")
	a.vex("LDTILECFG (AX)", 0, 0, 0, 0, 0x49, 0)
}

func (a *asm) tilesEnd() {
	a.vex("TILERELEASE", 0, 0, 0, 0, 0x49, 0xc0)
	a.op("RET")
}

// amxProduct writes the kernel of one or two tiles of rows of A and of columns of B. It computes count blocks of C, one
// after another, each the sum over steps of 32 elements; from block to block B and C go on by bnext and cnext.
// A has rows lda apart, its second tile begins second behind the first and the next step astep further. B is a panel. All
// distances are in bytes. With add = 0 C is only written.
func (a *asm) amxProduct(rows, cols int) {
	a.function(fmt.Sprintf("amxProduct%dx%d", rows, cols),
		"(count, steps int, a *float32, lda, second, astep int, b *float32, bnext int, c *float32, ldc, cnext, add int)", 96)
	a.tilesBegin()
	for _, load := range []string{"a+16(FP), SI", "lda+24(FP), R9", "second+32(FP), R10", "astep+40(FP), R11", "b+48(FP), BX", "c+64(FP), R8", "ldc+72(FP), DI"} {
		a.op("MOVQ %s", load)
	}
	a.op("MOVQ $%d, R13", amxLine)
	eachSum := func(f func(tile, offset int, base string)) {
		for r := range rows {
			for c := range cols {
				f(2*r+c, amxRow*c, []string{"R8", "DX"}[r])
			}
		}
	}
	a.at("block")
	a.op("MOVQ DI, DX")
	a.op("SHLQ $4, DX")
	a.op("ADDQ R8, DX") // row 16 of C
	a.op("CMPQ add+88(FP), $0")
	a.op("JNE add")
	eachSum(func(tile, _ int, _ string) { a.tileZero(tile) })
	a.op("JMP start")
	a.at("add")
	eachSum(func(tile, offset int, base string) { a.tileLoad(tile, base, offset, "DI") })
	a.at("start")
	a.op("MOVQ SI, CX")
	a.op("LEAQ (SI)(R10*1), DX")
	a.op("MOVQ BX, R12")
	a.op("MOVQ steps+8(FP), AX")
	a.at("step")
	a.tileLoad(4, "CX", 0, "R9")
	for c := range cols {
		a.tileLoad(6+c, "R12", amxRow*c, "R13")
		a.tileProduct(4, 6+c, c)
	}
	if rows > 1 {
		a.tileLoad(5, "DX", 0, "R9")
		for c := range cols {
			a.tileProduct(5, 6+c, 2+c)
		}
	}
	a.op("ADDQ R11, CX")
	a.op("ADDQ R11, DX")
	a.op("ADDQ $%d, R12", amxStep)
	a.op("SUBQ $1, AX")
	a.op("JNZ step")
	a.op("MOVQ DI, DX")
	a.op("SHLQ $4, DX")
	a.op("ADDQ R8, DX")
	eachSum(func(tile, offset int, base string) { a.tileStore(tile, base, offset, "DI") })
	a.op("ADDQ bnext+56(FP), BX")
	a.op("ADDQ cnext+80(FP), R8")
	a.op("SUBQ $1, count+0(FP)")
	a.op("JNZ block")
	a.tilesEnd()
}

// loadPairs rounds 32 elements at (SI) to 16 words in register to, using the one behind it; masked says that only those in
// K1 and K2 are there.
func (a *asm) loadPairs(to, scratch int, masked bool) {
	if masked {
		a.op("VMOVUPS.Z (SI), K1, Z%d", to)
		a.op("VMOVUPS.Z 64(SI), K2, Z%d", scratch)
	} else {
		a.op("VMOVUPS (SI), Z%d", to)
		a.op("VMOVUPS 64(SI), Z%d", scratch)
	}
	a.round(to, scratch, to)
}

// amxRows rounds rows <= 16 rows of k elements, lds apart, to tiles of which rows are those of a product's left operand:
// row i of step s to dst[s*panel+i*16:].
func (a *asm) amxRows() {
	a.function("amxRows", "(dst, src *float32, lds, rows, k int)", 40)
	a.packArguments()
	body := func(masked bool) {
		name := map[bool]string{true: "lastRow", false: "row"}[masked]
		a.op("MOVQ DX, SI")
		a.op("MOVQ DI, R12")
		a.op("MOVQ R9, R11")
		a.at(name)
		a.loadPairs(0, 1, masked)
		a.op("VMOVUPS Z0, (R12)")
		a.op("ADDQ R8, SI")
		a.op("ADDQ $%d, R12", amxRow)
		a.op("SUBQ $1, R11")
		a.op("JNZ %s", name)
	}
	a.eachStep(body)
}

// packArguments loads dst to DI, src to DX, lds in bytes to R8, the number of rows to R9 and k to CX.
func (a *asm) packArguments() {
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ src+8(FP), DX")
	a.op("MOVQ lds+16(FP), R8")
	a.op("MOVQ rows+24(FP), R9")
	a.op("MOVQ k+32(FP), CX")
	a.op("SHLQ $2, R8")
}

// eachStep writes the loop over whole steps, and one over what is left with masks; DI and DX go on by a step of a panel and
// of a row.
func (a *asm) eachStep(body func(masked bool)) {
	a.op("SUBQ $%d, CX", amxElems)
	a.op("JLT rest")
	a.at("step")
	body(false)
	a.op("ADDQ $%d, DX", 4*amxElems)
	a.op("ADDQ $%d, DI", amxStep)
	a.op("SUBQ $%d, CX", amxElems)
	a.op("JGE step")
	a.at("rest")
	a.op("ADDQ $%d, CX", amxElems)
	a.op("JZ end")
	a.tileMasks() // of CX elements
	body(true)
	a.at("end")
	a.ret()
}

// amxRowsT rounds the same rows to the columns of a right operand: word w of row i of step s to dst[s*panel+w*32+i].
func (a *asm) amxRowsT() {
	a.function("amxRowsT", "(dst, src *float32, lds, rows, k int)", 40)
	a.packArguments()
	a.eachStep(func(masked bool) {
		name := map[bool]string{true: "lastRows", false: "rows"}[masked]
		a.op("MOVQ DX, SI")
		for i := 1; i < 16; i++ {
			a.zero(a.reg(i))
		}
		for i := range 16 {
			if i > 0 {
				a.op("CMPQ R9, $%d", i)
				a.op("JLE %s", name)
			}
			a.loadPairs(i, 16, masked)
			a.op("ADDQ R8, SI")
		}
		a.at(name)
		a.transpose16(func(i int, reg string) { a.op("VMOVUPS %s, %d(DI)", reg, amxLine*i) })
	})
}

// amxColsT rounds cols <= 16 columns of k rows, lds apart, to rows of a left operand: column i of step s to dst[s*panel+i*16:].
func (a *asm) amxColsT() {
	a.function("amxColsT", "(dst, src *float32, lds, cols, k int)", 40)
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ src+8(FP), SI")
	a.op("MOVQ lds+16(FP), R8")
	a.op("MOVQ cols+24(FP), CX")
	a.op("MOVQ k+32(FP), R9")
	a.op("SHLQ $2, R8")
	a.tileMasks() // of CX elements
	a.op("VMOVUPS pairOrder<>(SB), Z31")
	a.at("step")
	for i := range 16 {
		a.zero(a.reg(i))
	}
	for i := range 16 {
		a.op("CMPQ R9, $%d", 2*i+1)
		a.op("JLT turn")
		a.op("VMOVUPS.Z (SI), K1, Z%d", i)
		a.zero("Z16")
		a.op("JE alone%d", i) // the flags are those of the comparison still
		a.op("VMOVUPS.Z (SI)(R8*1), K1, Z16")
		a.at(fmt.Sprintf("alone%d", i))
		a.round(i, 16, i)
		a.op("VPERMW Z%d, Z31, Z%d", i, i)
		a.op("LEAQ (SI)(R8*2), SI")
	}
	a.at("turn")
	a.transpose16(func(i int, reg string) { a.op("VMOVUPS %s, %d(DI)", reg, amxRow*i) })
	a.op("VMOVUPS pairOrder<>(SB), Z31")
	a.op("ADDQ $%d, DI", amxStep)
	a.op("SUBQ $%d, R9", amxElems)
	a.op("JGT step")
	a.ret()
}

// amxTranspose writes 16 rows of 16 words at src, 32 words apart, as 16 rows ldd apart.
func (a *asm) amxTranspose() {
	a.function("amxTranspose", "(dst *float32, ldd int, src *float32)", 24)
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ ldd+8(FP), DX")
	a.op("MOVQ src+16(FP), SI")
	a.op("SHLQ $2, DX")
	for i := range 16 {
		a.op("VMOVUPS %d(SI), Z%d", amxLine*i, i)
	}
	a.transpose16(func(_ int, reg string) {
		a.op("VMOVUPS %s, (DI)", reg)
		a.op("ADDQ DX, DI")
	})
	a.ret()
}

// transpose16 transposes the 16 x 16 words in registers 0 to 15 and hands out the rows of the result.
func (a *asm) transpose16(row func(i int, reg string)) {
	a.transposeTile()
	for i, reg := range a.transposedAt() {
		row(i, a.reg(reg))
	}
}

// transposedAt says in which register transposeTile leaves row i.
func (a *asm) transposedAt() [16]int {
	var at [16]int
	for c := range 4 {
		at[c], at[4+c], at[8+c], at[12+c] = 4*c, 4*c+2, 4*c+1, 4*c+3
	}
	return at
}

func (a *asm) transposeTile() {
	three := func(name string, y, x, to int) { a.op("%s Z%d, Z%d, Z%d", name, y, x, to) }
	for r := 0; r < 16; r += 2 {
		three("VUNPCKLPS", r+1, r, 16+r)
		three("VUNPCKHPS", r+1, r, 17+r)
	}
	for i := 0; i < 16; i += 4 {
		three("VUNPCKLPD", 18+i, 16+i, i)
		three("VUNPCKHPD", 18+i, 16+i, i+1)
		three("VUNPCKLPD", 19+i, 17+i, i+2)
		three("VUNPCKHPD", 19+i, 17+i, i+3)
	}
	// Each register now holds, for four rows, columns c, 4+c, 8+c and 12+c in its quarters.
	quarters := func(which, y, x, to int) { a.op("VSHUFF32X4 $0x%02x, Z%d, Z%d, Z%d", which, y, x, to) }
	for c := range 4 {
		quarters(0x88, 4+c, c, 16+4*c)
		quarters(0xdd, 4+c, c, 17+4*c)
		quarters(0x88, 12+c, 8+c, 18+4*c)
		quarters(0xdd, 12+c, 8+c, 19+4*c)
	}
	for c := range 4 {
		quarters(0x88, 18+4*c, 16+4*c, 4*c)
		quarters(0xdd, 18+4*c, 16+4*c, 4*c+1)
		quarters(0x88, 19+4*c, 17+4*c, 4*c+2)
		quarters(0xdd, 19+4*c, 17+4*c, 4*c+3)
	}
}

// amxPeak is a loop of nothing but products on tile registers.
func (a *asm) amxPeak() {
	a.function("amxPeak", "(turns int)", 8)
	a.tilesBegin()
	a.op("MOVQ turns+0(FP), CX")
	for i := range 8 {
		a.tileZero(i)
	}
	a.at("turn")
	for i := range amxTurns {
		a.tileProduct(4+i/2%2, 6+i%2, i%amxSums)
	}
	a.op("SUBQ $1, CX")
	a.op("JNZ turn")
	a.tilesEnd()
}
