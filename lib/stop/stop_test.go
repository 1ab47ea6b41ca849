package stop

import (
	"errors"
	"testing"
	"time"
)

func TestWorkEndsAtARequestOfItsTime(t *testing.T) {
	defer Reset()
	w := Begin()
	if w.Asked() {
		t.Error("asked before there was a request")
	}
	Request()
	began := time.Now()
	var err error
	go func() {
		time.Sleep(30 * time.Millisecond)
		defer w.End(&err)
		Check()
	}()
	Reset()
	if time.Since(began) < 25*time.Millisecond {
		t.Error("Reset did not wait for the work to end")
	}
	if err != ErrInterrupted {
		t.Errorf("the panic became %v", err)
	}
	if !w.Asked() || Requested() {
		t.Error("the work must still end, new work must not")
	}
	if Begin().Asked() {
		t.Error("new work is asked to end")
	}
	running.Store(0)
}

func TestResetLosesItsPatience(t *testing.T) {
	w := Begin()
	Request()
	began := time.Now()
	Reset()
	if d := time.Since(began); d < patience || d > 10*patience {
		t.Errorf("it waited %v", d)
	}
	var err error
	w.End(&err)
	if began = time.Now(); err != nil {
		t.Error(err)
	}
	Request()
	if Reset(); time.Since(began) > patience {
		t.Error("it waits for work that has ended")
	}
}

func TestShield(t *testing.T) {
	defer Reset()
	Request()
	Shield(func() {
		if Requested() {
			t.Error("a request from before ends shielded work")
		}
		Request()
		if !Requested() {
			t.Error("a new request does not")
		}
	})
	if !Requested() {
		t.Error("the request is gone")
	}
	Shield(func() { Reset() })
	if Requested() {
		t.Error("the request stands again although the host took it back")
	}
}

func TestOtherPanicsGoOn(t *testing.T) {
	wrong := errors.New("wrong")
	defer func() {
		if v := recover(); v != wrong {
			t.Errorf("recovered %v", v)
		}
	}()
	var err error
	defer Catch(&err)
	panic(wrong)
}
