package zoo

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// transient is an error that may be gone when the same is tried again.
type transient struct{ error }

func (t transient) Unwrap() error { return t.error }

// busy is a server that says when to come again.
type busy struct {
	error
	wait time.Duration
}

func (b busy) Unwrap() error { return b.error }

// pause reads Retry-After.
func pause(res *http.Response) time.Duration {
	n, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// tries is how often something is begun without getting any further; firstWait is the pause after the first, longer each time.
var (
	tries       = 5
	firstWait   = time.Second
	longestWait = time.Minute
)

// again repeats what fails for a reason that may pass.
func again(ctx context.Context, f func() error) error {
	wait := firstWait
	for n := 1; ; n++ {
		err := f()
		var t transient
		if err == nil || ctx.Err() != nil || !errors.As(err, &t) || n >= tries {
			return err
		}
		var b busy
		if errors.As(err, &b) && b.wait > wait {
			if wait = b.wait; wait > longestWait {
				return err
			}
		}
		if sleep(ctx, wait) != nil {
			return err
		}
		wait = min(2*wait, longestWait)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
