//go:build unix

package keeper

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestWhyAKernelDied(t *testing.T) {
	for _, c := range []struct{ crash, want string }{
		{"goroutine 1\nfatal error: all goroutines are asleep - deadlock!\n", "fatal error: all goroutines are asleep - deadlock!"},
		{"some output\n  panic: boom\n", "panic: boom"},
		{"some output\n", ""},
	} {
		if got := fatal([]byte(c.crash)); got != c.want {
			t.Errorf("%q: %q", c.crash, got)
		}
	}
	for _, c := range []struct{ stack, want string }{
		{"\ngoroutine 1 [running]:\ninternal/sync.fatal({0x4b2e2a?, 0x49f2c0?})\ninternal/sync.(*Mutex).unlockSlow(0xbb7b3a02008, 0xffffffff)\nmain.main()\n", "fatal error: sync: unlock of unlocked mutex"},
		{"\ngoroutine 9 [running]:\ninternal/runtime/maps.fatal({0x4b0c52?, 0x0?})\nmain.main.func1()\n\ngoroutine 2 [select]:\nsync.(*Mutex).unlockSlow(0x1)\n", "fatal error: concurrent map writes, or a read and a write"},
		{"\nruntime stack:\nruntime.throw({0x4af414?, 0x55f160?})\nruntime.newstack()\n", "fatal error: stack overflow"},
		{"\ngoroutine 1 [running]:\nmain.main()\n\ngoroutine 2 [running]:\nmaps.fatal({0x1})\n", ""},
		{"", ""},
	} {
		if got := traced([]byte(c.stack)); got != c.want {
			t.Errorf("%q: %q", c.stack, got)
		}
	}
	for _, c := range []struct{ script, want string }{
		{"kill -9 $$", "it was killed (signal 9)"},
		{"kill -11 $$", "signal 11"},
		{"exit 3", "exit status 3"},
	} {
		k := &child{cmd: exec.Command("sh", "-c", c.script)}
		k.cmd.Run()
		if got := k.reason(); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.script, got, c.want)
		}
	}
	if got := (&child{cmd: &exec.Cmd{}}).reason(); got == "" {
		t.Error("a process that never was has no reason")
	}
}

func TestANamelessFileCanBeShared(t *testing.T) {
	f, err := nameless()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := os.Stat(f.Name()); err == nil {
		t.Errorf("%s has a name", f.Name())
	}
	cmd := exec.Command("sh", "-c", "echo note >&3")
	cmd.ExtraFiles = []*os.File{f}
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 5)
	if _, err := f.ReadAt(b, 0); err != nil || string(b) != "note\n" {
		t.Errorf("%q %v", b, err)
	}
}

// What serves a kernel that reports a crash ends with the process: it once waited for its own end, which every kernel that was shut
// down waited for in turn until a limit had passed.
func TestRelieveEndsWithTheProcess(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	k := &child{exited: make(chan struct{}), ended: make(chan struct{}), errors: r}
	close(k.exited)
	k.relieve()
}
