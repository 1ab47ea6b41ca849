//go:build unix

package main

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"lyceum/kernel/transport"
	"lyceum/kernel/wire"
)

// dial connects to a port until the kernel is there.
func dial(t *testing.T, c map[string]any, port, kind string) *transport.Client {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		k, err := transport.Dial("tcp", fmt.Sprintf("127.0.0.1:%v", c[port]), kind, "test")
		if err == nil {
			return k
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// TestADeadKernelSaysWhyAndRunsAgain lets cells end the process in several ways; the client that asked hears of it.
func TestADeadKernelSaysWhyAndRunsAgain(t *testing.T) {
	file, c := connection(t, nil)
	cmd := exec.Command(built(t), "kernel", "-f", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() }()
	signer, _ := wire.NewSigner("", "k")
	for _, end := range []struct{ code, want string }{
		{`syscall.Kill(os.Getpid(), 9)`, "killed (signal 9)"},
		{`syscall.Exit(3)`, "exit status 3"},
		{`m := map[int]int{}\nfor range 8 { go func() { for i := range 5000000 { m[i%10] = i } }() }`, "concurrent map writes"},
		{`new(sync.Mutex).Unlock()`, "unlock of unlocked mutex"},
		{`for fd := 3; fd < 200; fd++ { syscall.Close(fd) }`, "netpoll"},
	} {
		shell := dial(t, c, "shell_port", "DEALER")
		request(t, shell, signer, "kernel_info_request", "{}")
		f, err := (&wire.Message{Header: wire.NewHeader("execute_request", "test"), Body: map[string]any{
			"code": `import ("os"; "sync"; "syscall"; "time")` + "\n" + strings.ReplaceAll(end.code, `\n`, "\n") + "\ntime.Sleep(time.Minute)"}}).Frames(signer)
		if err != nil {
			t.Fatal(err)
		}
		shell.Send(f...)
		for { // until the connection breaks
			if _, err := shell.Recv(time.Minute); err != nil {
				break
			}
		}
		shell.Close()
		iopub := dial(t, c, "iopub_port", "SUB")
		iopub.Send([]byte("\x01"))
		shell = dial(t, c, "shell_port", "DEALER")
		got, err := shell.Recv(time.Minute)
		if err != nil {
			t.Fatalf("%s: no answer: %v", end.want, err)
		}
		other, _ := wire.NewSigner("", "k")
		m, err := wire.Parse(got, other)
		if err != nil || !strings.Contains(string(m.Content), end.want) || !strings.Contains(string(m.Content), "run them again") {
			t.Errorf("want %q: %v %s", end.want, err, m.Content)
		}
		if m := request(t, shell, signer, "execute_request", `{"code":"1+1"}`); !strings.Contains(string(m.Content), `"ok"`) {
			t.Errorf("after %s: %s", end.want, m.Content)
		}
		shell.Close()
		iopub.Close()
	}
}

// TestAKernelDoesNotOutliveItsKeeper kills the process that Jupyter started.
func TestAKernelDoesNotOutliveItsKeeper(t *testing.T) {
	cmd, shell, signer, _ := launch(t, built(t))
	m := request(t, shell, signer, "usage_request", "{}")
	var pid int
	if at := strings.Index(string(m.Content), `"pid":`); at < 0 {
		t.Fatalf("no pid in %s", m.Content)
	} else {
		fmt.Sscanf(string(m.Content)[at:], `"pid":%d`, &pid)
	}
	if pid == cmd.Process.Pid {
		t.Fatal("the kernel has no keeper")
	}
	cmd.Process.Kill()
	cmd.Wait()
	for end := time.Now().Add(time.Minute); syscall.Kill(pid, 0) == nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			syscall.Kill(pid, syscall.SIGKILL)
			t.Fatal("the kernel is still there")
		}
	}
}
