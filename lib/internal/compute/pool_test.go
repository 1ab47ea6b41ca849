package compute

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"lyceum/lib/stop"
)

func TestParallelCoversOnceInFixedRanges(t *testing.T) {
	defer SetWorkers(Workers())
	for _, workers := range []int{1, 2, 5} {
		SetWorkers(workers)
		for _, c := range [][2]int{{0, 3}, {1, 3}, {3, 3}, {10, 3}, {1000, 1}, {100, 1000}} {
			n, grain := c[0], c[1]
			seen := make([]atomic.Int32, n)
			Parallel(n, grain, func(lo, hi int) {
				if lo%grain != 0 || hi != min(lo+grain, n) {
					t.Errorf("range %d..%d of %d by %d", lo, hi, n, grain)
				}
				for i := lo; i < hi; i++ {
					seen[i].Add(1)
				}
			})
			for i := range seen {
				if seen[i].Load() != 1 {
					t.Fatalf("workers %d, n %d, grain %d: %d seen %d times", workers, n, grain, i, seen[i].Load())
				}
			}
		}
	}
}

func TestParallelHandsPanicToCaller(t *testing.T) {
	defer SetWorkers(SetWorkers(4))
	mine := errors.New("mine")
	for range 200 {
		func() {
			defer func() {
				if v := recover(); v != mine {
					t.Fatalf("recovered %v", v)
				}
			}()
			Parallel(64, 1, func(lo, _ int) {
				if lo >= 5 {
					panic(mine)
				}
			})
		}()
	}
	TestParallelCoversOnceInFixedRanges(t) // the pool still works
}

func TestParallelSurvivesGoexit(t *testing.T) {
	defer SetWorkers(SetWorkers(3))
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		Parallel(64, 1, func(_, _ int) { runtime.Goexit() })
	}()
	<-done // either the caller's own goroutine ended, or it got the panic; it must not hang
	TestParallelCoversOnceInFixedRanges(t)
}

func TestParallelNestedAndConcurrent(t *testing.T) {
	defer SetWorkers(SetWorkers(3))
	var total atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				Parallel(10, 2, func(lo, hi int) {
					Parallel(hi-lo, 1, func(a, b int) { total.Add(int64(b - a)) })
				})
			}
		})
	}
	wg.Wait()
	if total.Load() != 4*50*10 {
		t.Fatal(total.Load())
	}
}

func TestParallelKeepsPartialSumsInOrder(t *testing.T) {
	defer SetWorkers(Workers())
	x := normals(source(3), 100_000)
	SetWorkers(1)
	want := Sum(x)
	SetWorkers(4)
	for range 20 {
		if got := Sum(x); got != want {
			t.Fatalf("sum %v, on one worker %v", got, want)
		}
	}
}

func TestGemmStops(t *testing.T) {
	stop.Request()
	defer stop.Reset()
	defer func() {
		if recover() != stop.ErrInterrupted {
			t.Fatal("no stop.ErrInterrupted")
		}
	}()
	const n = 256
	x := make([]float32, n*n)
	Gemm(false, false, n, n, n, 1, x, n, x, n, 0, make([]float32, n*n), n)
}
