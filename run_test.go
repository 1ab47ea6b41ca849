//go:build unix

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A device or a pipe is never replaced by a file: /dev/null stays what it is.
func TestRunWritesToDevicesAndPipes(t *testing.T) {
	exe, dir := built(t), t.TempDir()
	in := filepath.Join(dir, "in.ipynb")
	const text = `{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
{"cell_type": "code", "id": "a", "metadata": {}, "execution_count": null, "outputs": [], "source": "1+1"},
{"cell_type": "code", "id": "b", "metadata": {}, "execution_count": null, "outputs": [], "source": "2+2"}]}`
	if err := os.WriteFile(in, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	cat := exec.Command("cat", pipe)
	read := make(chan []byte)
	go func() { b, _ := cat.Output(); read <- b }()
	if out, err := exec.Command(exe, "run", in, "-o", pipe).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var nb struct{ Cells []struct{ Outputs []any } }
	if err := json.Unmarshal(<-read, &nb); err != nil || len(nb.Cells) != 2 || len(nb.Cells[1].Outputs) != 1 {
		t.Errorf("through the pipe came not one whole notebook: %v %v", err, nb)
	}
	if st, err := os.Lstat(pipe); err != nil || st.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("the pipe is now %v (%v)", st.Mode(), err)
	}

	if full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0); err == nil {
		defer full.Close()
		for _, args := range [][]string{{"generate", "base", "--prompt", "Dora", "--max-new-tokens", "3"}, {"doctor"}, {"help"}, {"help", "train"}, {"list"}, {"version"}} {
			c := exec.Command(exe, args...)
			var said strings.Builder
			c.Stdout, c.Stderr = full, &said
			want := "lyceum " + args[0] + ": the output could not be written: "
			if err := c.Run(); err == nil || !strings.HasPrefix(said.String(), want) || strings.Count(said.String(), "\n") != 1 {
				t.Errorf("%v to a full disk: %v, %q", args, err, said.String())
			}
		}
	}

	null := filepath.Join(dir, "null")
	if err := exec.Command("mknod", null, "c", "1", "3").Run(); err != nil {
		t.Logf("no device of our own can be made (%v)", err)
		return
	}
	if f, err := os.OpenFile(null, os.O_WRONLY, 0); err != nil { // a file system without devices
		t.Logf("a device of our own cannot be opened (%v)", err)
		return
	} else {
		f.Close()
	}
	if out, err := exec.Command(exe, "run", in, "-o", null).CombinedOutput(); err != nil {
		t.Errorf("-o to a device: %v\n%s", err, out)
	}
	if out, err := exec.Command(exe, "convert", "base", null).CombinedOutput(); err == nil {
		t.Errorf("convert to a device says nothing: %s", out)
	}
	if st, err := os.Lstat(null); err != nil || st.Mode()&os.ModeCharDevice == 0 {
		t.Errorf("the device is now %v (%v)", st.Mode(), err)
	}
}
