//go:build unix

package main

import (
	"bytes"
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

// listen subscribes to iopub, and returns when the kernel has said that it did.
func listen(t *testing.T, c map[string]any) *transport.Client {
	t.Helper()
	iopub := dial(t, c, "iopub_port", "SUB")
	iopub.Send([]byte("\x01"))
	hear(t, iopub, "iopub_welcome")
	return iopub
}

// hear reads messages until one contains the text.
func hear(t *testing.T, k *transport.Client, text string) {
	t.Helper()
	for {
		frames, err := k.Recv(time.Minute)
		if err != nil {
			t.Fatalf("nothing with %q came: %v", text, err)
		}
		if strings.Contains(string(bytes.Join(frames, nil)), text) {
			return
		}
	}
}

// TestADeathWhileIdleIsToldByTheNextCell kills a kernel that runs nothing: nobody waits for an answer.
func TestADeathWhileIdleIsToldByTheNextCell(t *testing.T) {
	file, c := connection(t, nil)
	cmd := exec.Command(built(t), "kernel", "-f", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() }()
	signer, _ := wire.NewSigner("", "k")
	shell := dial(t, c, "shell_port", "DEALER")
	request(t, shell, signer, "execute_request", `{"code":"earlier := 1"}`)
	syscall.Kill(pid(t, shell, signer), syscall.SIGKILL)
	for { // until the connection breaks
		if _, err := shell.Recv(time.Minute); err != nil {
			break
		}
	}
	shell.Close()
	iopub := listen(t, c)
	defer iopub.Close()
	shell = dial(t, c, "shell_port", "DEALER")
	defer shell.Close()
	request(t, shell, signer, "execute_request", `{"code":"earlier"}`)
	hear(t, iopub, "killed (signal 9)")
	hear(t, iopub, "undefined: earlier")
}

// TestATerminatedKernelAnswersItsCell sends a signal to a kernel whose cell runs for ever.
func TestATerminatedKernelAnswersItsCell(t *testing.T) {
	file, c := connection(t, nil)
	cmd := exec.Command(built(t), "kernel", "-f", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	signer, _ := wire.NewSigner("", "k")
	iopub := listen(t, c)
	defer iopub.Close()
	shell := dial(t, c, "shell_port", "DEALER")
	defer shell.Close()
	f, err := (&wire.Message{Header: wire.NewHeader("execute_request", "test"), Body: map[string]any{"code": `fmt.Println("begun"); for {}`}}).Frames(signer)
	if err != nil {
		t.Fatal(err)
	}
	shell.Send(f...)
	hear(t, iopub, `"begun`)
	cmd.Process.Signal(syscall.SIGTERM)
	hear(t, iopub, "told to end")
	hear(t, shell, "Interrupted")
	hear(t, iopub, "shutdown_reply")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// pid is the process that answers a client.
func pid(t *testing.T, shell *transport.Client, signer *wire.Signer) (pid int) {
	t.Helper()
	m := request(t, shell, signer, "usage_request", "{}")
	at := strings.Index(string(m.Content), `"pid":`)
	if at < 0 {
		t.Fatalf("no pid in %s", m.Content)
	}
	fmt.Sscanf(string(m.Content)[at:], `"pid":%d`, &pid)
	return pid
}

// TestAKernelDoesNotOutliveItsKeeper kills the process that Jupyter started.
func TestAKernelDoesNotOutliveItsKeeper(t *testing.T) {
	cmd, shell, signer, _ := launch(t, built(t))
	pid := pid(t, shell, signer)
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
