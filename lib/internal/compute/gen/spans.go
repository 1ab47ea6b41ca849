package main

import (
	"bytes"
	"fmt"
	"strings"
)

// span describes a function over slices of equal length. Slices come first in the signature, then scalars.
type span struct {
	name    string
	slices  []string // names, in order; "name:uint16" for other elements than float32
	scalars []string // float32 arguments; "name:*type" for pointers
	result  bool     // returns a float32
	unroll  int      // vectors per turn of the main loop
	tail    bool     // the function does its own tail (see body)

	before func(v *vec)        // constants and accumulators, before the loop
	body   func(v *vec, u int) // one vector; u < unroll tells accumulators apart
	after  func(v *vec)        // after the loop; leaves the result in X0
}

// vec is the state of a span being written: which vector of the turn, and whether it is the partial one at the end.
type vec struct {
	*asm
	*span
	offset  int
	partial bool
}

var pointers = []string{"SI", "DI", "R8", "R9", "R10"}

func spanFile(s *isa, stubs *bytes.Buffer) []byte {
	a := newAsm(s, stubs)
	a.constants()
	for _, k := range spans() {
		a.span(k)
	}
	return a.buf.Bytes()
}

func (a *asm) span(k *span) {
	var sig []string
	size := 0
	for _, n := range k.slices {
		name, typ, other := strings.Cut(n, ":")
		if !other {
			typ = "float32"
		}
		sig = append(sig, name+" []"+typ)
		size += 24
	}
	for _, n := range k.scalars {
		name, typ, pointer := strings.Cut(n, ":")
		if pointer {
			sig = append(sig, name+" "+typ)
			size += 8
		} else {
			sig = append(sig, name+" float32")
			size += 4
		}
	}
	signature := "(" + strings.Join(sig, ", ") + ")"
	if k.result {
		signature += " float32"
		size = (size+7)/8*8 + 4
	}
	a.function(k.name+a.suffix, signature, size)
	for i, n := range k.slices {
		name, _, _ := strings.Cut(n, ":")
		a.op("MOVQ %s_base+%d(FP), %s", name, 24*i, pointers[i])
	}
	first, _, _ := strings.Cut(k.slices[0], ":")
	a.op("MOVQ %s_len+8(FP), CX", first)
	a.op("XORQ DX, DX")
	v := &vec{asm: a, span: k}
	if k.before != nil {
		k.before(v)
	}
	a.spanLoops(v)
	if k.after != nil {
		k.after(v)
	}
	if k.result {
		a.op("VMOVSS X0, ret+%d(FP)", size-4)
	}
	a.ret()
}

func (a *asm) spanLoops(v *vec) {
	loop := func(label, next string, vectors int) {
		a.at(label)
		a.op("SUBQ $%d, CX", vectors*a.width)
		a.op("JLT %sEnd", label)
		for u := range vectors {
			v.offset = u * a.bytes()
			v.body(v, u)
		}
		a.op("ADDQ $%d, DX", vectors*a.bytes())
		a.op("JMP %s", label)
		a.at(label + "End")
		a.op("ADDQ $%d, CX", vectors*a.width)
	}
	if v.unroll > 1 {
		loop("many", "one", v.unroll)
	}
	loop("one", "tail", 1)
	a.op("TESTQ CX, CX")
	a.op("JZ done")
	a.spanMask()
	v.offset, v.partial = 0, true
	v.body(v, 0)
	v.partial = false
	a.at("done")
}

// spanMask makes the mask of the first CX elements: K1, or the last register.
func (a *asm) spanMask() {
	if a.width == 16 {
		a.op("MOVL $1, AX")
		a.op("SHLL CX, AX")
		a.op("SUBL $1, AX")
		a.op("KMOVW AX, K1")
		return
	}
	a.op("LEAQ spanMask<>+32(SB), AX")
	a.op("SHLQ $2, CX")
	a.op("SUBQ CX, AX")
	a.op("VMOVUPS (AX), %s", a.reg(15))
}

// address of the current vector of slice i; the index register counts bytes of float32.
func (v *vec) address(i int) string {
	if strings.HasSuffix(v.slices[i], ":uint16") {
		panic("16-bit elements have functions of their own")
	}
	return fmt.Sprintf("%d(%s)(DX*1)", v.offset, pointers[i])
}

// load reads the current vector of slice i to register r; missing elements are 0.
func (v *vec) load(i, r int) {
	switch {
	case !v.partial:
		v.op("VMOVUPS %s, %s", v.address(i), v.reg(r))
	case v.width == 16:
		v.op("VMOVUPS.Z %s, K1, %s", v.address(i), v.reg(r))
	default:
		v.op("VMASKMOVPS %s, %s, %s", v.address(i), v.reg(15), v.reg(r))
	}
}

// store writes register r to slice i.
func (v *vec) store(r, i int) {
	switch {
	case !v.partial:
		v.op("VMOVUPS %s, %s", v.reg(r), v.address(i))
	case v.width == 16:
		v.op("VMOVUPS %s, K1, %s", v.reg(r), v.address(i))
	default:
		v.op("VMASKMOVPS %s, %s, %s", v.reg(r), v.reg(15), v.address(i))
	}
}

// keep sets the missing elements of register r to 0 at the partial vector.
func (v *vec) keep(r int) {
	if !v.partial {
		return
	}
	if v.width == 16 {
		v.op("VMOVAPS.Z %s, K1, %s", v.reg(r), v.reg(r))
	} else {
		v.op("VANDPS %s, %s, %s", v.reg(15), v.reg(r), v.reg(r))
	}
}

// do writes an instruction on registers in Go's order: do("VSUBPS", x, y, z) is z = y - x.
func (v *vec) do(name string, r ...int) {
	s := make([]string, len(r))
	for i, x := range r {
		s[i] = v.reg(x)
	}
	v.op("%s %s", name, strings.Join(s, ", "))
}

// doC is do with a constant of the table as first operand.
func (v *vec) doC(name, constant string, r ...int) {
	if v.width == 16 {
		name += ".BCST"
	}
	s := []string{constant + "<>(SB)"}
	for _, x := range r {
		s = append(s, v.reg(x))
	}
	v.op("%s %s", name, strings.Join(s, ", "))
}

// constant fills register r with a constant of the table.
func (v *vec) constant(name string, r int) { v.op("VBROADCASTSS %s<>(SB), %s", name, v.reg(r)) }

// scalar fills register r with float argument number i.
func (v *vec) scalar(i, r int) {
	v.op("VBROADCASTSS %s+%d(FP), %s", v.scalars[i], 24*len(v.slices)+4*i, v.reg(r))
}

// total adds the elements of accumulators 0..n-1 and leaves the sum in X0, always in the same order.
func (v *vec) total(n int) { v.fold(n, "VADDPS") }

// fold combines accumulators 0..n-1 and then their elements with a commutative instruction; t is a free register.
func (v *vec) fold(n int, name string) {
	for step := 1; step < n; step *= 2 {
		for i := 0; i+step < n; i += 2 * step {
			v.do(name, i+step, i, i)
		}
	}
	if v.width == 16 {
		v.op("VEXTRACTF64X4 $1, Z0, Y1")
		v.op("%s Y1, Y0, Y0", name)
	}
	v.op("VEXTRACTF128 $1, Y0, X1")
	v.op("%s X1, X0, X0", name)
	v.op("VPSHUFD $0x4e, X0, X1")
	v.op("%s X1, X0, X0", name)
	v.op("VPSHUFD $0xb1, X0, X1")
	v.op("%s X1, X0, X0", name)
}
