package labtest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"lyceum/install/kernelspec"
)

// write makes a notebook of the cells; "#" in a cell's text starts its tags.
func write(t *testing.T, path string, sources ...string) string {
	t.Helper()
	cells := []any{}
	for _, s := range sources {
		code, tags, _ := strings.Cut(s, "#")
		cells = append(cells, map[string]any{"cell_type": "code", "source": code, "metadata": map[string]any{"tags": strings.Fields(tags)}, "outputs": []any{}, "execution_count": nil})
	}
	data, err := json.Marshal(map[string]any{"nbformat": 4, "nbformat_minor": 4, "metadata": map[string]any{}, "cells": cells})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRunExitCodes(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		want string // in the one line on stderr, or in what is said last
	}{
		{"good", []string{write(t, filepath.Join(dir, "good.ipynb"), "1 + 1"), "-o", filepath.Join(dir, "out.ipynb")}, 0, "done"},
		{"a panic names cell and line", []string{write(t, filepath.Join(dir, "bad.ipynb"), "x := 1", "x++\npanic(\"boom\")")}, 1, "cell 2: In[2]:2"},
		{"allow errors", []string{"--allow-errors", write(t, filepath.Join(dir, "bad2.ipynb"), "panic(1)", "2")}, 0, "done"},
		{"tags", []string{write(t, filepath.Join(dir, "tags.ipynb"), "panic(1)#raises-exception", "panic(2)#skip-execution")}, 0, "done"},
		{"timeout", []string{"--timeout", "0.3", write(t, filepath.Join(dir, "slow.ipynb"), "for {}")}, 1, "more than 300ms"},
		{"no notebook named", nil, 2, "name the notebook"},
		{"missing", []string{filepath.Join(dir, "none.ipynb")}, 2, "there is no notebook"},
		{"folder", []string{dir}, 2, "directory"},
		{"broken JSON", []string{file("json.ipynb", "{\n\"cells\": [\n")}, 2, "line 3"},
		{"not a notebook", []string{file("list.ipynb", "[]")}, 2, "not a notebook"},
		{"nbformat 3", []string{file("three.ipynb", `{"nbformat": 3, "nbformat_minor": 0}`)}, 2, "nbformat 3"},
		{"Python", []string{file("python.ipynb", `{"nbformat": 4, "nbformat_minor": 4, "cells": [], "metadata": {"kernelspec": {"name": "python3", "language": "python"}}}`)}, 2, "python"},
		{"wrong flag", []string{"--nonsense"}, 2, "nonsense"},
		{"negative time", []string{"--timeout", "-1", filepath.Join(dir, "good.ipynb")}, 2, "timeout"},
		{"two notebooks", []string{filepath.Join(dir, "good.ipynb"), "b.ipynb"}, 2, "b.ipynb"},
		{"a parameter", []string{write(t, filepath.Join(dir, "param.ipynb"), "seed := 1#parameters", "if seed != 7 {\n\tpanic(seed)\n}"), "--param", "seed=7", "-o", filepath.Join(dir, "seven.ipynb")}, 0, "done"},
		{"an unknown parameter", []string{filepath.Join(dir, "param.ipynb"), "--param", "sed=7", "-o", filepath.Join(dir, "seven.ipynb")}, 2, "no parameter sed"},
		{"a parameter without -o", []string{filepath.Join(dir, "param.ipynb"), "--param", "seed=7"}, 2, "-o FILE"},
		{"no folder for the output", []string{filepath.Join(dir, "good.ipynb"), "-o", filepath.Join(dir, "none", "x.ipynb")}, 2, "no folder"},
		{"an output that cannot be written", []string{filepath.Join(dir, "good.ipynb"), "-o", filepath.Join(dir, strings.Repeat("x", 300))}, 2, "no cell was run"},
		{"output is a folder", []string{filepath.Join(dir, "good.ipynb"), "-o", dir}, 2, "folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, _, errs := runs(t, isolated(t.TempDir()), dir, program(t), append([]string{"run"}, c.args...)...)
			if code != c.code || !strings.Contains(errs, c.want) {
				t.Errorf("exit code %d, want %d; stderr lacks %q:\n%s", code, c.code, c.want, errs)
			}
			if c.code == 2 && strings.Count(errs, "\n") != 1 {
				t.Errorf("more than one line:\n%s", errs)
			}
		})
	}
}

func TestRunLeavesTheInputAloneWithO(t *testing.T) {
	dir := t.TempDir()
	in := write(t, filepath.Join(dir, "in.ipynb"), "40 + 2")
	before, _ := os.ReadFile(in)
	if code, _, errs := runs(t, isolated(t.TempDir()), dir, program(t), "run", in, "-o", "out.ipynb"); code != 0 {
		t.Fatal(errs)
	}
	after, _ := os.ReadFile(in)
	out, _ := os.ReadFile(filepath.Join(dir, "out.ipynb"))
	if string(before) != string(after) || !strings.Contains(string(out), `"42"`) {
		t.Errorf("in: %s\nout: %s", after, out)
	}
}

func TestRunIsSavedWhenInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signal that one process can send to another")
	}
	dir := t.TempDir()
	nb := write(t, filepath.Join(dir, "nb.ipynb"), "1 + 1", "fmt.Println(\"begun\")\nfor {}")
	cmd := exec.Command(program(t), "run", nb)
	cmd.Env = isolated(t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, 3*time.Minute, "what the second cell showed was never saved", func() bool {
		data, _ := os.ReadFile(nb)
		return strings.Contains(string(data), `"begun\n"`) && strings.Contains(string(data), `"execution_count": 1`)
	})
	cmd.Process.Signal(syscall.SIGINT)
	cmd.Wait()
	data, _ := os.ReadFile(nb)
	if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(string(data), "begun") || !strings.Contains(string(data), `"ename": "interrupted"`) {
		t.Errorf("exit code %d\n%s", code, data)
	}
}

// A process that is killed can do nothing at the end: what its first cell printed is in the file before.
func TestRunLeavesWhatWasPrintedWhenKilled(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out.ipynb")
	cmd := exec.Command(program(t), "run", write(t, filepath.Join(dir, "nb.ipynb"), "fmt.Println(\"printed first\")\nfor {}"), "-o", out)
	cmd.Env = isolated(t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, 3*time.Minute, "what the first cell printed was never saved", func() bool {
		data, _ := os.ReadFile(out)
		return strings.Contains(string(data), `"printed first\n"`)
	})
	cmd.Process.Kill()
	cmd.Wait()
	data, err := os.ReadFile(out)
	if err != nil || !json.Valid(data) || !strings.Contains(string(data), `"printed first\n"`) {
		t.Errorf("%v\n%s", err, data)
	}
}

func until(t *testing.T, limit time.Duration, otherwise string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(otherwise)
		}
	}
}

func TestInstallListUninstall(t *testing.T) {
	home := t.TempDir()
	env := isolated(home)
	exe := program(t)
	if code, _, errs := runs(t, env, home, exe, "install", "--name", "go-course", "--display-name", "Go course"); code != 0 {
		t.Fatal(errs)
	}
	dir := filepath.Join(home, "data", "jupyter", "kernels", "go-course")
	f, err := kernelspec.Read(dir)
	if err != nil || f.Spec.DisplayName != "Go course" || !filepath.IsAbs(f.Binary()) {
		t.Fatalf("%+v, %v", f, err)
	}
	if strings.HasPrefix(f.Binary(), work) {
		t.Errorf("the kernel runs from a folder of temporary files: %s", f.Binary())
	}
	for _, name := range []string{"logo-svg.svg", "logo-64x64.png", "logo-32x32.png"} {
		if st, err := os.Stat(filepath.Join(dir, name)); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, list, _ := runs(t, env, home, exe, "list")
	if !strings.Contains(list, "go-course") || !strings.Contains(list, "current") {
		t.Errorf("list says: %s", list)
	}
	os.Remove(f.Binary())
	if _, list, _ = runs(t, env, home, exe, "list"); !strings.Contains(list, "gone") {
		t.Errorf("list does not see that the program is gone: %s", list)
	}
	if code, report, _ := runs(t, env, home, exe, "doctor"); code != 0 || !strings.Contains(report, "is gone") {
		t.Errorf("doctor: exit code %d\n%s", code, report)
	}
	if code, _, errs := runs(t, env, home, exe, "uninstall", "--name", "go-course"); code != 0 {
		t.Error(errs)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the folder is still there")
	}
	if code, _, errs := runs(t, env, home, exe, "uninstall", "--name", "go-course"); code != 1 || !strings.Contains(errs, "no kernel") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestInstallRefuses(t *testing.T) {
	home := t.TempDir()
	file := filepath.Join(home, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--name", "a b"}, 2, "letters"},
		{[]string{"--name", "../x"}, 2, "letters"},
		{[]string{"--name", ""}, 2, "letters"},
		{[]string{"--name", ".."}, 2, "cannot be"},
		{[]string{"--display-name", " "}, 2, "empty"},
		{[]string{"--prefix", file}, 2, "is a file"},
		{[]string{"--prefix", filepath.Join(file, "below")}, 1, "is a file"},
		{[]string{"--user", "--prefix", home}, 2, "only one"},
		{[]string{"extra"}, 2, "extra"},
		{[]string{"--nonsense"}, 2, "nonsense"},
	} {
		code, _, errs := runs(t, isolated(home), home, program(t), append([]string{"install"}, c.args...)...)
		if code != c.code || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: exit code %d, want %d, one line with %q: %s", c.args, code, c.code, c.want, errs)
		}
	}
}

func TestHelpOfEveryCommand(t *testing.T) {
	for _, name := range []string{"lab", "run", "install", "uninstall", "list", "doctor", "kernel"} {
		code, out, errs := runs(t, isolated(t.TempDir()), "", program(t), name, "--help")
		if code != 0 || !strings.HasPrefix(out, "usage: lyceum "+name) || errs != "" {
			t.Errorf("%s --help: exit code %d\n%s%s", name, code, out, errs)
		}
		if code, _, errs := runs(t, isolated(t.TempDir()), "", program(t), name, "--nonsense"); code != 2 || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s --nonsense: exit code %d, %q", name, code, errs)
		}
	}
}
