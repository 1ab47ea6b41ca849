package main

import (
	"os/exec"
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	names := commandNames()
	for word, want := range map[string]string{
		"trian": "train", "labb": "lab", "rnu": "run", "Run": "run", "instal": "install", "uninstal": "uninstall", "tok": "tokenize",
		"doc": "doctor", "gnerate": "generate", "verison": "version", "x": "", "qq": "", "jupyter": "", "": "", "notebook": "", "ünï": "",
	} {
		if got := nearest(word, names); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestFirstWords(t *testing.T) {
	exe := built(t)
	say := func(args ...string) (code int, out, errs string) {
		var o, e strings.Builder
		c := exec.Command(exe, args...)
		c.Stdout, c.Stderr = &o, &e
		c.Run()
		return c.ProcessState.ExitCode(), o.String(), e.String()
	}
	for _, c := range []struct {
		args  string
		code  int
		where string // o: standard output, e: standard error, one line
		want  string
	}{
		{"help run", 0, "o", "usage: lyceum run NOTEBOOK"},
		{"help train", 0, "o", "usage: lyceum train METHOD CONFIG.yaml"},
		{"help", 0, "o", "commands:"},
		{"version", 0, "o", "lyceum " + version + ", go1."},
		{"--version", 0, "o", "lyceum " + version + ", go1."},
		{"help trian", 2, "e", `there is no command "trian": did you mean train?`},
		{"trian", 2, "e", "did you mean train?"},
		{"run --alow-errors x", 2, "e", "lyceum run: there is no flag --alow-errors: did you mean --allow-errors?"},
		{"run -p x", 2, "e", "lyceum run: there is no flag -p ('"},
		{"run x --timeout", 2, "e", "lyceum run: --timeout needs a value after it"},
		{"run x --timeout abc", 2, "e", `lyceum run: --timeout: "abc" is not a number (`},
		{"run x --allow-errors=maybe", 2, "e", `lyceum run: --allow-errors: "maybe" is not true or false (`},
		{"run x --param 5", 2, "e", `lyceum run: --param: "5": write a parameter as name=value (`},
		{"generate x --max-new-tokens 1.5", 2, "e", `lyceum generate: --max-new-tokens: "1.5" is not a whole number`},
		{"run /dev/zero", 2, "e", "notebook /dev/zero: is a device"},
		{"install --usr", 2, "e", "lyceum install: there is no flag --usr: did you mean --user?"},
		{"train sftt x.yaml", 2, "e", `lyceum train: there is no method "sftt": did you mean sft? (methods: sft, `},
		{"train sft no.yaml", 2, "e", "lyceum train: there is no config no.yaml"},
		{"train sft .", 2, "e", "lyceum train: config . is not a regular file"},
		{"train sft go.mod", 1, "e", "lyceum train: go.mod: "},
	} {
		code, out, errs := say(strings.Fields(c.args)...)
		text, other := out, errs
		if c.where == "e" {
			text, other = errs, out
		}
		if code != c.code || !strings.Contains(text, c.want) || other != "" || c.where == "e" && strings.Count(text, "\n") != 1 {
			t.Errorf("lyceum %s: exit code %d, want %d with %q\n%s%s", c.args, code, c.code, c.want, out, errs)
		}
	}
	for _, args := range [][]string{{"install"}, {"get", "owner/name"}, {"lab", "--setup-only", "."}} {
		c := exec.Command(exe, args...)
		c.Env = []string{"PATH=/usr/bin:/bin"}
		if out, err := c.CombinedOutput(); err == nil || !strings.Contains(string(out), "your home folder is not known") || !strings.Contains(string(out), "set HOME") {
			t.Errorf("%v without HOME: %v\n%s", args, err, out)
		}
	}
	for _, c := range commands() {
		if code, out, errs := say("help", c.name); code != 0 || !strings.HasPrefix(out, "usage: lyceum "+c.name+" ") || errs != "" {
			t.Errorf("lyceum help %s: exit code %d\n%.200s%s", c.name, code, out, errs)
		}
	}
}
