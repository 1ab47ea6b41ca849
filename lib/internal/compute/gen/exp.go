package main

// exp replaces register x by e^x, with t, t+1 and t+2 (and t+3 for AVX2) as working registers and register high holding
// the constant expHigh. The steps are those of exp32 in package compute.
func (v *vec) exp(x, t, high int) {
	n, p, sq := t, t+1, t+2
	if v.width == 16 {
		v.op("VCMPPS.BCST $5, expLow<>(SB), %s, K2", v.reg(x)) // not less than, true for NaN
	} else {
		v.op("VCMPPS $5, expLow<>(SB), %s, %s", v.reg(x), v.reg(t+3))
	}
	v.do("VMINPS", x, high, x) // NaN in x stays NaN
	v.doC("VMULPS", "log2e", x, n)
	if v.width == 16 {
		v.op("VRNDSCALEPS $8, %s, %s", v.reg(n), v.reg(n))
	} else {
		v.op("VROUNDPS $8, %s, %s", v.reg(n), v.reg(n))
	}
	v.doC("VFNMADD231PS", "ln2High", n, x)
	v.doC("VFNMADD231PS", "ln2Low", n, x)
	v.constant("expPoly0", p)
	for _, c := range []string{"expPoly1", "expPoly2", "expPoly3", "expPoly4", "expPoly5"} {
		v.doC("VFMADD213PS", c, x, p)
	}
	v.do("VMULPS", x, x, sq)
	v.do("VFMADD213PS", x, sq, p)
	v.doC("VADDPS", "one", p, p)
	if v.width == 16 {
		v.op("VSCALEFPS.Z %s, %s, K2, %s", v.reg(n), v.reg(p), v.reg(x))
		return
	}
	// 2^n in two factors, because 2^128 is not a float32.
	v.do("VCVTPS2DQ", n, n)
	v.op("VPSRAD $1, %s, %s", v.reg(n), v.reg(sq))
	v.do("VPSUBD", sq, n, n)
	for _, r := range []int{n, sq} {
		v.doC("VPADDD", "bias", r, r)
		v.op("VPSLLD $23, %s, %s", v.reg(r), v.reg(r))
		v.do("VMULPS", r, p, p)
	}
	v.do("VANDPS", t+3, p, x)
}

// sigmoid replaces register x by 1 / (1 + e^-x); one holds 1. It uses what exp uses.
func (v *vec) sigmoid(x, t, high, one int) {
	v.doC(v.xor(), "sign", x, x)
	v.exp(x, t, high)
	v.do("VADDPS", one, x, x)
	v.do("VDIVPS", x, one, x)
}

func (v *vec) xor() string {
	if v.width == 16 {
		return "VPXORD"
	}
	return "VXORPS"
}

func (v *vec) and() string {
	if v.width == 16 {
		return "VPANDD"
	}
	return "VANDPS"
}

// andNot in Go's order: x, y, z is z = y' x with y' the complement of y.
func (v *vec) andNot() string {
	if v.width == 16 {
		return "VPANDND"
	}
	return "VANDNPS"
}
