package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lyceum/install/probe"
	"lyceum/kernel/transport"
	"lyceum/kernel/wire"
)

// built compiles the program once.
func built(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lyceum")
	if out, err := exec.Command("go", "build", "-o", file, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}

// connection writes a connection file with free ports.
func connection(t testing.TB, change func(map[string]any)) (file string, c map[string]any) {
	t.Helper()
	c = map[string]any{"transport": "tcp", "ip": "127.0.0.1", "key": "k", "signature_scheme": "hmac-sha256"}
	ports, err := probe.FreePorts(5)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range []string{"shell", "iopub", "stdin", "control", "hb"} {
		c[n+"_port"] = ports[i]
	}
	if change != nil {
		change(c)
	}
	b, _ := json.Marshal(c)
	file = filepath.Join(t.TempDir(), "connection.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file, c
}

func TestBadConnectionFilesAreOneLine(t *testing.T) {
	exe := built(t)
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	dir := t.TempDir()
	empty, broken := filepath.Join(dir, "empty.json"), filepath.Join(dir, "broken.json")
	os.WriteFile(empty, nil, 0o600)
	os.WriteFile(broken, []byte("{"), 0o600)
	with := func(key string, v any) string {
		file, _ := connection(t, func(c map[string]any) { c[key] = v })
		return file
	}
	for name, args := range map[string][]string{
		"missing": {"-f", filepath.Join(dir, "none.json")}, "a folder": {"-f", dir}, "empty": {"-f", empty}, "no JSON": {"-f", broken}, "no file": {},
		"port in use": {"-f", with("hb_port", busy.Addr().(*net.TCPAddr).Port)}, "port -1": {"-f", with("shell_port", -1)}, "port 70000": {"-f", with("shell_port", 70000)},
		"transport": {"-f", with("transport", "pigeon")}, "ip": {"-f", with("ip", "999.1.1.1")}, "scheme": {"-f", with("signature_scheme", "md5")}, "flag": {"--nonsense"},
	} {
		cmd := exec.Command(exe, append([]string{"kernel"}, args...)...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		done := make(chan error, 1)
		go func() { done <- cmd.Run() }()
		select {
		case err := <-done:
			lines := strings.Count(strings.TrimSpace(stderr.String()), "\n")
			if err == nil || lines != 0 || !strings.HasPrefix(stderr.String(), "lyceum kernel: ") {
				t.Errorf("%s: %v, %q", name, err, stderr.String())
			}
		case <-time.After(time.Minute):
			cmd.Process.Kill()
			t.Errorf("%s: the kernel keeps running", name)
		}
	}
}

// launch starts a kernel process and returns it with the time until its first kernel_info reply.
func launch(t testing.TB, exe string) (*exec.Cmd, *transport.Client, *wire.Signer, time.Duration) {
	t.Helper()
	file, c := connection(t, nil)
	cmd := exec.Command(exe, "kernel", "-f", file)
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	signer, _ := wire.NewSigner("", "k")
	var shell *transport.Client
	for deadline := begun.Add(time.Minute); ; {
		var err error
		if shell, err = transport.Dial("tcp", fmt.Sprintf("127.0.0.1:%v", c["shell_port"]), "DEALER", "test"); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	request(t, shell, signer, "kernel_info_request", "{}")
	return cmd, shell, signer, time.Since(begun)
}

func request(t testing.TB, shell *transport.Client, signer *wire.Signer, msgType, content string) *wire.Message {
	t.Helper()
	frames, err := (&wire.Message{Header: wire.NewHeader(msgType, "test"), Body: json.RawMessage(content)}).Frames(signer)
	if err != nil {
		t.Fatal(err)
	}
	shell.Send(frames...)
	got, err := shell.Recv(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := wire.NewSigner("", "k")
	m, err := wire.Parse(got, other)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAKernelEndsWhenItIsTold(t *testing.T) {
	exe := built(t)
	for _, busy := range []bool{false, true} {
		cmd, shell, signer, _ := launch(t, exe)
		if m := request(t, shell, signer, "execute_request", `{"code":"base := zoo.Base()\nbase.LM.Config.Layers"}`); !strings.Contains(string(m.Content), `"ok"`) {
			t.Errorf("the library is not there: %s", m.Content)
		}
		if busy {
			f, _ := (&wire.Message{Header: wire.NewHeader("execute_request", "test"), Body: json.RawMessage(`{"code":"for {\n}"}`)}).Frames(signer)
			shell.Send(f...)
			time.Sleep(200 * time.Millisecond)
		}
		f, _ := (&wire.Message{Header: wire.NewHeader("shutdown_request", "test"), Body: json.RawMessage(`{"restart":false}`)}).Frames(signer)
		shell.Send(f...)
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("busy %v: %v", busy, err)
			}
		case <-time.After(time.Minute):
			cmd.Process.Kill()
			t.Errorf("busy %v: the kernel is still there", busy)
		}
		shell.Close()
	}
}

func BenchmarkKernelStart(b *testing.B) {
	exe := built(b)
	var total time.Duration
	for b.Loop() {
		cmd, shell, _, took := launch(b, exe)
		total += took
		cmd.Process.Kill()
		cmd.Wait()
		shell.Close()
	}
	b.ReportMetric(float64(total.Milliseconds())/float64(b.N), "ms-to-first-reply")
}

func BenchmarkCellThroughSockets(b *testing.B) {
	cmd, shell, signer, _ := launch(b, built(b))
	defer cmd.Process.Kill()
	for b.Loop() {
		request(b, shell, signer, "execute_request", `{"code":"1 + 1"}`)
	}
}

func BenchmarkCompletionThroughSockets(b *testing.B) {
	cmd, shell, signer, _ := launch(b, built(b))
	defer cmd.Process.Kill()
	for b.Loop() {
		request(b, shell, signer, "complete_request", `{"code":"strings.ToUp","cursor_pos":12}`)
	}
}
