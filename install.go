package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"lyceum/install"
	"lyceum/install/binary"
	"lyceum/install/kernelspec"
	"lyceum/install/papermill"
)

var (
	installCommand   = command{"install", "make the kernel known to the Jupyter on this machine", runInstall}
	uninstallCommand = command{"uninstall", "take the kernel away from Jupyter", runUninstall}
	listCommand      = command{"list", "list the installed kernels of Lyceum", runList}
)

// target is where a kernel goes, as the flags say.
type target struct {
	user, sysPrefix, system bool
	prefix, name            string
}

func (t *target) flags(fl *flag.FlagSet) {
	fl.BoolVar(&t.user, "user", false, "for this user (this is what happens without a flag)")
	fl.StringVar(&t.prefix, "prefix", "", "for the Python environment in `FOLDER`")
	fl.BoolVar(&t.sysPrefix, "sys-prefix", false, "for the Python environment that is active, or the python3 on PATH")
	fl.BoolVar(&t.system, "system", false, "for all users of this machine")
	fl.StringVar(&t.name, "name", kernelspec.DefaultName, "the `NAME` that Jupyter knows the kernel by")
}

// resolve returns the data folder. shared is true for a place that outlives or outreaches this user's folders.
func (t *target) resolve() (dataDir string, shared bool, err error) {
	n := 0
	for _, on := range []bool{t.user, t.prefix != "", t.sysPrefix, t.system} {
		if on {
			n++
		}
	}
	if n > 1 {
		return "", false, errors.New("give only one of --user, --prefix, --sys-prefix and --system")
	}
	if err := kernelspec.CheckName(t.name); err != nil {
		return "", false, err
	}
	switch {
	case t.system:
		return kernelspec.SystemDir(), true, nil
	case t.sysPrefix:
		p, err := sysPrefix()
		return kernelspec.PrefixDir(p), true, err
	case t.prefix != "":
		p, err := filepath.Abs(t.prefix)
		if err != nil {
			return "", false, err
		}
		if st, err := os.Stat(p); err == nil && !st.IsDir() {
			return "", false, fmt.Errorf("--prefix %s is a file, it must be a folder", t.prefix)
		}
		return kernelspec.PrefixDir(p), true, nil
	}
	return kernelspec.UserDir(), false, nil
}

// sysPrefix returns the folder of the active Python environment (Python's sys.prefix).
func sysPrefix() (string, error) {
	for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if d := os.Getenv(name); d != "" {
			return d, nil
		}
	}
	for _, name := range []string{"python3", "python"} {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		out, err := exec.CommandContext(ctx, name, "-c", "import sys; print(sys.prefix)").Output()
		cancel()
		if p := strings.TrimSpace(string(out)); err == nil && p != "" {
			return p, nil
		}
	}
	return "", errors.New("--sys-prefix: there is no active Python environment and no python3 on PATH; use --prefix FOLDER")
}

func runInstall(args []string) int {
	fl := flags("install", "[--user | --prefix FOLDER | --sys-prefix | --system] [--name NAME] [--display-name NAME]",
		"Writes the kernelspec: after this, every Jupyter that looks there offers the kernel. Installing again brings it up to date.")
	var t target
	t.flags(fl)
	display := fl.String("display-name", kernelspec.DefaultDisplayName, "the `NAME` that people see")
	withPapermill := fl.Bool("papermill", false, "insist that the papermill of that environment (--prefix or --sys-prefix) learns to write parameters in Go; without the flag it does if it is there")
	if code, ok := parse(fl, args, 0); !ok {
		return code
	}
	if *withPapermill && t.prefix == "" && !t.sysPrefix {
		return misuse("install", errors.New("--papermill needs --prefix FOLDER or --sys-prefix: the environment that papermill is in"))
	}
	if strings.TrimSpace(*display) == "" {
		return misuse("install", errors.New("--display-name is empty"))
	}
	dataDir, shared, err := t.resolve()
	if err != nil {
		return misuse("install", err)
	}
	dir := kernelspec.Dir(dataDir, t.name)
	program, err := programFor(dir, shared)
	if err == nil {
		err = kernelspec.Write(dir, kernelspec.New(program, *display))
	}
	taught := false
	if environment := filepath.Dir(filepath.Dir(dataDir)); err == nil && (t.prefix != "" || t.sysPrefix) { // PREFIX/share/jupyter
		if taught = *withPapermill || papermill.Found(environment); taught {
			err = papermill.Install(environment)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "lyceum install:", err)
		return 1
	}
	fmt.Fprintf(stdout, "installed the kernel %q in %s\nit runs %s\n", t.name, dir, program)
	if taught {
		fmt.Fprintln(stdout, "the papermill of that environment writes parameters in Go now (pip uninstall lyceum-papermill takes that back)")
	}
	return 0
}

// programFor returns the program that the kernelspec in dir names. A spec for others than this user carries its own copy.
func programFor(dir string, shared bool) (string, error) {
	if !shared {
		d, err := install.DataDir()
		if err != nil {
			return "", err
		}
		return binary.Stable(filepath.Join(d, "bin"))
	}
	if err := kernelspec.MakeDir(dir); err != nil {
		return "", err
	}
	return binary.CopyTo(filepath.Join(dir, "bin"))
}

func runUninstall(args []string) int {
	fl := flags("uninstall", "[--user | --prefix FOLDER | --sys-prefix | --system] [--name NAME]", "Removes the kernelspec that 'lyceum install' wrote with the same flags.")
	var t target
	t.flags(fl)
	if code, ok := parse(fl, args, 0); !ok {
		return code
	}
	dataDir, _, err := t.resolve()
	if err != nil {
		return misuse("uninstall", err)
	}
	dir := kernelspec.Dir(dataDir, t.name)
	if err := kernelspec.Remove(dir); err != nil {
		fmt.Fprintln(os.Stderr, "lyceum uninstall:", err)
		return 1
	}
	fmt.Fprintf(stdout, "removed the kernel %q from %s\n", t.name, dir)
	return 0
}

func runList(args []string) int {
	fl := flags("list", "", "Lists the kernels of Lyceum that Jupyter can find, with the program that each starts.")
	if code, ok := parse(fl, args, 0); !ok {
		return code
	}
	found := installedKernels()
	if len(found) == 0 {
		fmt.Fprintln(stdout, "no kernel is installed; 'lyceum install' does it, and 'lyceum lab' works without")
		return 0
	}
	for _, f := range found {
		state := "current"
		switch st, err := os.Stat(f.Binary()); {
		case err != nil || st.IsDir():
			state = "its program is gone: install it again"
		case !binary.Current(f.Binary()):
			state = "another version than this one"
		}
		fmt.Fprintf(stdout, "%-12s %-18s %s\n             runs %s (%s)\n", f.Name, f.Spec.DisplayName, f.Dir, f.Binary(), state)
	}
	return 0
}

func installedKernels() []kernelspec.Found {
	prefix, _ := sysPrefix()
	dirs := kernelspec.SearchPath(prefix)
	if c, err := install.CacheDir(); err == nil {
		dirs = append(dirs, labHome(c).DataDir())
	}
	return kernelspec.List(dirs)
}
