// Package torchrand is PyTorch's random generator on the CPU: the same seed gives the numbers that torch.Generator gives, so
// that a run can be compared with one of PyTorch row for row.
package torchrand

import "math"

// A Generator is the Mersenne Twister MT19937 (Matsumoto and Nishimura 1998, "Mersenne Twister"), seeded and read as
// PyTorch's CPUGeneratorImpl does.
type Generator struct {
	state [624]uint32
	next  int
	spare float64 // the second of a pair of normal numbers
	has   bool
}

// New returns a generator with a seed, of which PyTorch uses the lower 32 bits.
func New(seed uint64) *Generator {
	g := &Generator{next: len(Generator{}.state)}
	g.state[0] = uint32(seed)
	for i := 1; i < len(g.state); i++ {
		p := g.state[i-1]
		g.state[i] = 1812433253*(p^p>>30) + uint32(i)
	}
	return g
}

// Uint32 returns the next 32 bits.
func (g *Generator) Uint32() uint32 {
	if g.next == len(g.state) {
		g.twist()
	}
	y := g.state[g.next]
	g.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// Uint64 returns the next 64 bits: the first draw is the upper half.
func (g *Generator) Uint64() uint64 {
	high := uint64(g.Uint32())
	return high<<32 | uint64(g.Uint32())
}

func (g *Generator) twist() {
	const n, m = 624, 397
	for i := range n {
		y := g.state[i]&0x80000000 | g.state[(i+1)%n]&0x7fffffff
		v := g.state[(i+m)%n] ^ y>>1
		if y&1 != 0 {
			v ^= 0x9908b0df
		}
		g.state[i] = v
	}
	g.next = 0
}

// Perm returns torch.randperm(n): a shuffle from the front, each place swapped with one at or after it.
func (g *Generator) Perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := range n - 1 {
		var z int
		if int64(n) < math.MaxUint32/20 {
			z = int(uint64(g.Uint32()) % uint64(n-i))
		} else {
			z = int(g.Uint64() % uint64(n-i))
		}
		p[i], p[i+z] = p[i+z], p[i]
	}
	return p
}

// Float32 returns a number of torch.rand: 24 bits, uniform in [0, 1).
func (g *Generator) Float32() float32 { return float32(g.Uint32()&(1<<24-1)) / (1 << 24) }

// Float64 returns a number of torch.rand(dtype=float64): 53 bits, uniform in [0, 1).
func (g *Generator) Float64() float64 { return float64(g.Uint64()&(1<<53-1)) / (1 << 53) }

// Rand fills dst as torch.rand(len(dst)) does.
func (g *Generator) Rand(dst []float32) {
	for i := range dst {
		dst[i] = g.Float32()
	}
}

// Randn fills dst as torch.randn(len(dst)) does in float32: one number after another by Box and Muller's pairs for fewer than
// 16, and for more in blocks of 16 uniform numbers, the last block drawn anew so that it ends with dst.
func (g *Generator) Randn(dst []float32) {
	if len(dst) < 16 {
		for i := range dst {
			dst[i] = float32(g.Normal())
		}
		return
	}
	for i := range dst {
		dst[i] = g.Float32()
	}
	for i := 0; i+16 <= len(dst); i += 16 {
		boxMuller(dst[i : i+16])
	}
	if len(dst)%16 != 0 {
		last := dst[len(dst)-16:]
		for i := range last {
			last[i] = g.Float32()
		}
		boxMuller(last)
	}
}

// boxMuller turns sixteen uniform numbers into normal ones, the first half giving radii and the second half angles.
func boxMuller(b []float32) {
	for j := range 8 {
		u1, u2 := 1-b[j], b[j+8]
		r := float32(math.Sqrt(float64(-2 * float32(math.Log(float64(u1))))))
		theta := float64(float32(2*math.Pi) * u2)
		b[j], b[j+8] = r*float32(math.Cos(theta)), r*float32(math.Sin(theta))
	}
}

// Normal returns one normal number, as torch draws fewer than sixteen of them; every second one is the other of a pair.
func (g *Generator) Normal() float64 {
	if g.has {
		g.has = false
		return g.spare
	}
	u1, u2 := g.Float64(), g.Float64()
	r, theta := math.Sqrt(-2*math.Log1p(-u2)), 2*math.Pi*u1
	g.spare, g.has = r*math.Sin(theta), true
	return r * math.Cos(theta)
}
