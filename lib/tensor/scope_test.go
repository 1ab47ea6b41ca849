package tensor

import "testing"

// Steps of many lengths leave hardly more in store than the longest of them needs.
func TestTheStoreDoesNotGrowWithEveryLength(t *testing.T) {
	FreeScopes()
	defer FreeScopes()
	w := rnd(1, 64, 64).RequireGrad()
	step := func(rows int) {
		Scope(func() {
			h := rnd(2, rows, 64)
			for range 6 {
				h = Linear(h, w, nil).Tanh()
			}
			h.Sum().Backward()
		})
		w.ZeroGrad()
	}
	step(1000)
	alone := ScopeBytes()
	for _, rows := range []int{700, 400, 550, 150, 900, 300, 820, 620} {
		step(rows)
	}
	if got := ScopeBytes(); got > alone*3/2 {
		t.Errorf("the store has %d bytes, after the longest step alone it had %d", got, alone)
	}
}
