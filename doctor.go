package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sys/cpu"

	"lyceum/install"
	"lyceum/install/binary"
	"lyceum/install/environment"
	"lyceum/install/jupyter"
	"lyceum/install/probe"
	"lyceum/kernel/notebook"
	"lyceum/kernel/session"
	"lyceum/lib/memory"
)

var doctorCommand = command{"doctor", "say what is present, what is missing, and what to do about it", runDoctor}

// A finding is one line of the report.
type finding struct {
	what, state string
	do          string // what to do about it; empty when all is well
	needed      bool   // without it nothing works, so that the exit code says so
}

func runDoctor(args []string) int {
	fl := flags("doctor", "", "Looks at everything that Lyceum uses and says for each what is there and what to do. The exit code is 1 when something that every command needs is missing.")
	if code, ok := parse(fl, args, 0); !ok {
		return code
	}
	code := 0
	for _, check := range []func() []finding{checkProgram, checkMachine, checkCell, checkGo, checkPython, checkLab, checkKernels, checkChromium} {
		for _, f := range check() {
			mark := "ok     "
			if f.do != "" {
				mark = "missing"
				if f.needed {
					code = 1
				}
			}
			fmt.Fprintf(stdout, "%s  %-12s %s\n", mark, f.what, f.state)
			if f.do != "" {
				fmt.Fprintf(stdout, "%22s-> %s\n", "", f.do)
			}
		}
	}
	return code
}

func checkProgram() []finding {
	exe, err := os.Executable()
	if err != nil {
		return []finding{{"lyceum", err.Error(), "start the program by its path", false}}
	}
	state := version + " " + exe
	if binary.Temporary(exe) {
		state = version + " (a build for the moment; 'lab' and 'install' keep a copy)"
	}
	if b, ok := debug.ReadBuildInfo(); ok {
		state += ", built with " + b.GoVersion
	}
	return []finding{{"lyceum", state, "", false}}
}

func checkMachine() []finding {
	f := finding{what: "processor", state: fmt.Sprintf("%s/%s, %d cores, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), instructions())}
	m := finding{what: "memory", state: "unknown on this system"}
	if total := memory.Total(); total > 0 {
		m.state = fmt.Sprintf("%.1f GB", float64(total)/(1<<30))
		if total < 2<<30 {
			m.do = "the course wants 2 GB; close other programs while it runs"
		}
	}
	return []finding{f, m}
}

func instructions() string {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW:
		return "AVX-512"
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return "AVX2 with FMA"
	case cpu.ARM64.HasASIMD:
		return "NEON"
	}
	return "no vector instructions that Lyceum uses: training is slower"
}

// checkCell runs a cell in this process, and then the kernel as Jupyter starts it.
func checkCell() []finding {
	begun := time.Now()
	s, err := newSession()
	if err != nil {
		return []finding{{"cells", err.Error(), "report this: cells cannot run", true}}
	}
	out := notebook.NewRecorder().Cell()
	res := s.Execute(session.Request{Code: "6 * 7", Count: 1, Out: out})
	if res.Err != nil || res.Value == nil || fmt.Sprint(res.Value.Data["text/plain"]) != "42" {
		return []finding{{"cells", "6 * 7 does not give 42", "report this: cells do not run right", true}}
	}
	f := []finding{{"cells", fmt.Sprintf("a session and its first cell in %s", time.Since(begun).Round(time.Millisecond)), "", true}}
	exe, err := os.Executable()
	if err != nil {
		return f
	}
	took, err := probe.Kernel([]string{exe, "kernel", "-f", "{connection_file}"}, 20*time.Second)
	if err != nil {
		return append(f, finding{"kernel", err.Error(), "is there a firewall for connections of this machine to itself?", true})
	}
	return append(f, finding{"kernel", fmt.Sprintf("from start to its first reply in %s", took.Round(time.Millisecond)), "", true})
}

func checkGo() []finding {
	out, err := exec.Command("go", "version").Output()
	if err != nil {
		return []finding{{"go", "not on PATH", "only needed to change Lyceum itself: https://go.dev/dl", false}}
	}
	return []finding{{"go", strings.TrimSpace(string(out)), "", false}}
}

func checkPython() []finding {
	var out []finding
	py, err := environment.FindPython()
	if err != nil {
		out = append(out, finding{"python", "none that 'lab' can use", err.Error(), false})
	} else {
		out = append(out, finding{"python", py.Version + " " + py.Path, "", false})
	}
	if uv, err := exec.LookPath("uv"); err == nil {
		out = append(out, finding{"uv", uv, "", false})
	}
	return out
}

func checkLab() []finding {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out []finding
	if l, err := jupyter.Find(ctx); err == nil {
		out = append(out, finding{"jupyterlab", fmt.Sprintf("%s %s (%s)", l.Version, l.Program, l.Where), "", false})
	} else if !errors.Is(err, jupyter.ErrNone) {
		out = append(out, finding{"jupyterlab", err.Error(), "check the Python environment", false})
	}
	cache, err := install.CacheDir()
	if err != nil {
		return append(out, finding{"cache", err.Error(), "set HOME or XDG_CACHE_HOME", false})
	}
	switch {
	case environment.Lab.Ready(cache):
		out = append(out, finding{"environment", environment.Lab.Dir(cache), "", false})
	case len(out) == 0:
		out = append(out, finding{"jupyterlab", "no " + jupyter.OldestVersion + " or newer", "'lyceum lab' sets one up, once (needs Python and a network); 'lyceum run' needs none", false})
	}
	return out
}

func checkKernels() []finding {
	var out []finding
	for _, f := range installedKernels() {
		n := finding{what: "kernelspec", state: fmt.Sprintf("%s in %s", f.Name, f.Dir)}
		switch st, err := os.Stat(f.Binary()); {
		case err != nil || st.IsDir():
			n.do = "its program " + f.Binary() + " is gone: run 'lyceum install' again, or 'lyceum uninstall'"
		case !binary.Current(f.Binary()):
			n.do = "it runs another version, " + f.Binary() + ": 'lyceum install' or 'lyceum lab' brings it up to date"
		}
		out = append(out, n)
	}
	if len(out) == 0 {
		out = append(out, finding{"kernelspec", "none installed", "'lyceum install' makes the kernel known to every Jupyter of this user; 'lyceum lab' works without", false})
	}
	return out
}

func checkChromium() []finding {
	if p := jupyter.Chromium(); p != "" {
		return []finding{{"chromium", p, "", false}}
	}
	return []finding{{"chromium", "not found", "only the browser tests need it (on Debian: apt install chromium)", false}}
}
