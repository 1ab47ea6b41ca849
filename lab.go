package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"lyceum/install"
	"lyceum/install/binary"
	"lyceum/install/course"
	"lyceum/install/environment"
	"lyceum/install/jupyter"
)

//go:embed notebooks
var notebooks embed.FS

var labCommand = command{"lab", "open JupyterLab on the course, set up the first time", runLab}

func runLab(args []string) int {
	own, others := parts(args)
	fl := flags("lab", "[FOLDER] [-- ARGUMENTS FOR JUPYTERLAB]",
		"Starts JupyterLab with Lyceum's kernel, on FOLDER or on the course. It uses a JupyterLab "+jupyter.OldestVersion+" or newer of the active Python environment or on PATH;\n"+
			"without one it makes its own environment in the cache folder, once. Ctrl-C ends JupyterLab and its kernels.")
	fresh := fl.Bool("own", false, "use Lyceum's own environment even if there is a JupyterLab on this machine")
	prepare := fl.Bool("setup-only", false, "make everything ready, and do not start JupyterLab")
	rest, code, ok := interleaved(fl, own)
	if !ok {
		return code
	}
	if len(rest) > 1 {
		return misuse("lab", fmt.Errorf("there is no place for the argument %q (arguments for JupyterLab come after --)", rest[1]))
	}
	folder, file, err := labFolder(rest)
	if err != nil {
		return misuse("lab", err)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, hangup)
	defer cancel()
	start, err := prepareLab(ctx, *fresh)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lyceum lab:", err)
		if ctx.Err() != nil {
			return exitInterrupted
		}
		return 1
	}
	if *prepare {
		fmt.Fprintf(os.Stderr, "JupyterLab %s is ready (%s)\n", start.Lab.Version, start.Lab.Program)
		return 0
	}
	start.Folder, start.Args = folder, others
	if file != "" {
		start.Args = append([]string{file}, others...)
	}
	fmt.Fprintf(os.Stderr, "starting JupyterLab %s (%s) on %s; Ctrl-C ends it\n", start.Lab.Version, start.Lab.Where, folder)
	err = start.Run(ctx)
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, jupyter.ErrStopped):
		return 0
	case errors.As(err, &exit):
		fmt.Fprintf(os.Stderr, "lyceum lab: JupyterLab ended with %v\n", err)
	default:
		fmt.Fprintln(os.Stderr, "lyceum lab:", err)
	}
	return 1
}

// labFolder returns the folder to show: the one that is named (or of the notebook that is named), the notebooks of this
// clone, or a copy of the embedded course in the learner's own folder.
func labFolder(args []string) (folder, file string, err error) {
	if len(args) == 1 {
		path, err := filepath.Abs(args[0])
		if err != nil {
			return "", "", err
		}
		st, err := os.Stat(path)
		switch {
		case err != nil:
			return "", "", fmt.Errorf("there is no folder or notebook %s", args[0])
		case st.IsDir():
			return path, "", nil
		case filepath.Ext(path) != ".ipynb":
			return "", "", fmt.Errorf("%s is neither a folder nor a notebook", args[0])
		}
		return filepath.Dir(path), path, nil
	}
	if wd, err := os.Getwd(); err == nil {
		if n := course.Clone(wd); n != "" {
			return n, "", nil
		}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", "", fmt.Errorf("your home folder is not known (%v); name a folder: lab FOLDER", err)
	}
	dir := filepath.Join(home, "Lyceum")
	files, err := fs.Sub(notebooks, "notebooks")
	if err != nil {
		return "", "", err
	}
	return dir, "", course.Unpack(dir, files)
}

// labHome is the folder with the kernelspec and the settings that a JupyterLab started by Lyceum finds.
func labHome(cache string) jupyter.Home { return jupyter.Home{Dir: filepath.Join(cache, "jupyter")} }

// prepareLab finds or makes a JupyterLab and brings the kernelspec up to date.
func prepareLab(ctx context.Context, own bool) (jupyter.Start, error) {
	cache, err := install.CacheDir()
	if err != nil {
		return jupyter.Start{}, err
	}
	data, err := install.DataDir()
	if err != nil {
		return jupyter.Start{}, err
	}
	s := jupyter.Start{Home: labHome(cache), Env: os.Environ(), Out: os.Stderr}
	err = jupyter.ErrNone
	if !own {
		s.Lab, err = jupyter.Find(ctx)
	}
	if err != nil {
		env, err := environment.Ensure(ctx, cache, environment.Lab, os.Stderr)
		if errors.Is(err, environment.ErrUnreachable) {
			return s, fmt.Errorf("JupyterLab is not here and cannot be downloaded: %w. Connect this machine to a network for the first start; "+
				"or install JupyterLab %s or newer another way and have it on PATH; or use 'lyceum run NOTEBOOK', which needs neither", err, jupyter.OldestVersion)
		}
		if err != nil {
			return s, err
		}
		s.Env = environment.Clean(s.Env)
		s.Lab = jupyter.Lab{Program: environment.Program(env.Dir, "jupyter-lab"), Where: "Lyceum's own environment"}
		if s.Lab.Version, err = jupyter.Version(ctx, s.Lab.Program); err != nil {
			return s, fmt.Errorf("the environment in %s does not work (%v); remove that folder and try again", env.Dir, err)
		}
	}
	program, err := binary.Stable(filepath.Join(data, "bin"))
	if err != nil {
		return s, err
	}
	return s, s.Home.Write(program)
}
