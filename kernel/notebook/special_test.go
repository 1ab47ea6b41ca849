//go:build unix

package notebook

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAPipeAndALinkAreWrittenThrough(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CanWrite(pipe, []byte("x")); err != nil {
		t.Fatal(err)
	}
	got := make(chan string)
	go func() {
		f, err := os.Open(pipe)
		if err != nil {
			t.Error(err)
		}
		defer f.Close()
		b, _ := io.ReadAll(f)
		got <- string(b)
	}()
	if err := WriteFile(pipe, []byte("a notebook")); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "a notebook" {
		t.Errorf("the reader of the pipe got %q", s)
	}
	if st, err := os.Lstat(pipe); err != nil || st.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("the pipe is now %v (%v)", st.Mode(), err)
	}

	link, to := filepath.Join(dir, "link"), filepath.Join(dir, "to")
	if err := os.Symlink("to", link); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"to be made", "there already"} {
		if err := WriteFile(link, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(to); err != nil || string(b) != text {
			t.Errorf("behind the link stands %q (%v), want %q", b, err, text)
		}
	}
	if st, err := os.Lstat(link); err != nil || st.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is now %v (%v)", st.Mode(), err)
	}

	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	if err := os.Symlink(one, two); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(two, one); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"WriteFile": WriteFile(one, nil), "CanWrite": CanWrite(one, nil)} {
		if err == nil || !strings.Contains(err.Error(), "too many links") {
			t.Errorf("%s to links in a circle: %v", name, err)
		}
	}
}

func TestOnlyUTF8(t *testing.T) {
	const text = `{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [` + "\n" +
		`{"cell_type": "code", "id": "a", "metadata": {}, "execution_count": null, "outputs": [], "source": "é"}]}`
	if _, err := Parse([]byte(text)); err != nil {
		t.Fatal(err)
	}
	_, err := Parse([]byte(strings.Replace(text, "é", "\xe9", 1)))
	if err == nil || err.Error() != "the text is not UTF-8 (line 2): save the notebook in that encoding" {
		t.Errorf("Latin-1: %v", err)
	}
}
