package lossfn

import (
	"fmt"
	"math"

	"lyceum/lib/internal/compute"
	"lyceum/lib/tensor"
)

// JSD returns the generalised Jensen-Shannon divergence between a teacher's and a student's next-token distributions, row
// by row: what distillation brings down.
//
//	beta = 0      KL(q || p)   forward: the student must cover all that the teacher says
//	beta = 1      KL(p || q)   reverse: the student may say a part of it, but nothing else
//	0 < beta < 1  beta KL(q || m) + (1 - beta) KL(p || m),  m = beta q + (1 - beta) p
//
// with q = softmax(teacher/temperature), p = softmax(student/temperature). Agarwal et al. 2023, arXiv:2306.13649, eq. 1;
// as in TRL the ends are the two divergences themselves, while the formula between tends to 0 there.
// Shapes: both (rows, V), scores before the softmax; the result is (rows), in nats. beta is in 0..1 and temperature
// positive; JSD panics otherwise. Gradients flow to the student only. Equal scores give 0, and no gradient.
func JSD(student, teacher *tensor.Tensor, beta, temperature float64) *tensor.Tensor {
	sameShape("JSD", []string{"student", "teacher"}, student, teacher)
	if !(beta >= 0 && beta <= 1) || !(temperature > 0) {
		panic(&tensor.Error{Op: "JSD", Text: fmt.Sprintf("beta is %v and temperature %v: beta must be in 0..1, temperature positive", beta, temperature)})
	}
	v := student.Dim(-1)
	rows := student.Len() / v
	out, inner := make([]float32, rows), make([]float32, rows)
	j := jsd{beta: beta, inv: 1 / temperature, v: v, student: student.Data(), teacher: teacher.Data()}
	compute.Parallel(rows, 1, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			d, i := j.value(r)
			out[r], inner[r] = float32(d), float32(i)
		}
	})
	return tensor.Custom("JSD", out, []int{rows}, []*tensor.Tensor{student}, func(grad []float32) {
		g := student.GradBuffer()
		compute.Parallel(rows, 1, func(lo, hi int) {
			for r := lo; r < hi; r++ {
				j.gradient(g[r*v:][:v], r, float64(inner[r]), float64(grad[r]))
			}
		})
	})
}

type jsd struct {
	beta, inv        float64
	v                int
	student, teacher []float32
}

// logSumExp of row r of scores divided by the temperature.
func (j *jsd) logSumExp(scores []float32) float64 {
	most := math.Inf(-1)
	for _, z := range scores {
		most = math.Max(most, float64(z))
	}
	sum := 0.0
	for _, z := range scores {
		sum += math.Exp((float64(z) - most) * j.inv)
	}
	return most*j.inv + math.Log(sum)
}

// each calls f with the log-probabilities of both, and of their mixture, for every token of row r.
func (j *jsd) each(r int, f func(i int, p, q, m float64)) {
	s, t := j.student[r*j.v:][:j.v], j.teacher[r*j.v:][:j.v]
	ls, lt := j.logSumExp(s), j.logSumExp(t)
	a, b := math.Log1p(-j.beta), math.Log(j.beta)
	for i := range s {
		p, q := float64(s[i])*j.inv-ls, float64(t[i])*j.inv-lt
		m := p
		switch {
		case j.beta == 1:
			m = q
		case j.beta > 0:
			hi, lo := math.Max(p+a, q+b), math.Min(p+a, q+b)
			m = hi + math.Log1p(math.Exp(lo-hi))
		}
		f(i, p, q, m)
	}
}

// value returns the divergence of row r, and sum_i p_i (log p_i - log m_i), which the gradient needs.
func (j *jsd) value(r int) (d, inner float64) {
	teacher := 0.0
	j.each(r, func(_ int, p, q, m float64) {
		if e := math.Exp(q); e > 0 && j.beta < 1 {
			teacher += e * (q - m)
		}
		if e := math.Exp(p); e > 0 && j.beta > 0 {
			inner += e * (p - m)
		}
	})
	switch j.beta {
	case 0:
		return teacher, 0
	case 1:
		return inner, inner
	}
	return j.beta*teacher + (1-j.beta)*inner, inner
}

// gradient adds the derivative by the student's scores to dst:
//
//	beta = 0: p_i - q_i;  otherwise w p_i (log p_i - log m_i - inner), w = 1 - beta (1 for beta = 1)
func (j *jsd) gradient(dst []float32, r int, inner, grad float64) {
	grad *= j.inv
	w := 1 - j.beta
	if j.beta == 1 {
		w = 1
	}
	j.each(r, func(i int, p, q, m float64) {
		e := math.Exp(p)
		switch {
		case j.beta == 0:
			dst[i] += float32(grad * (e - math.Exp(q)))
		case e > 0:
			dst[i] += float32(grad * w * e * (p - m - inner))
		}
	})
}
