package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A side makes rounds of one figure in one way.
type side interface {
	round() (sample, error)
	close()
}

// process is a child that speaks the lines of Serve.
type process struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *tail
	what   string
}

// start runs a command and waits until it is ready.
func start(ctx context.Context, what string, command, env []string) (*process, sample, error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &process{cmd: exec.CommandContext(ctx, command[0], command[1:]...), cancel: cancel, stderr: &tail{}, what: what}
	p.cmd.Env, p.cmd.Stderr, p.cmd.WaitDelay = append(os.Environ(), env...), p.stderr, time.Second
	apart(p.cmd)
	in, err := p.cmd.StdinPipe()
	if err == nil {
		var out io.Reader
		if out, err = p.cmd.StdoutPipe(); err == nil {
			p.in, p.out = in, bufio.NewReader(out)
			err = p.cmd.Start()
		}
	}
	if err != nil {
		cancel()
		return nil, sample{}, fmt.Errorf("%s: %v", what, err)
	}
	s, err := p.read(ctx)
	if err != nil {
		p.close()
		return nil, sample{}, err
	}
	return p, s, nil
}

func (p *process) round() (sample, error) {
	if _, err := io.WriteString(p.in, "run\n"); err != nil {
		return sample{}, fmt.Errorf("%s ended: %s", p.what, p.stderr)
	}
	return p.read(context.Background())
}

// prepare gives the process other work, which must be one line, and waits until it is ready.
func (p *process) prepare(ctx context.Context, work []byte) error {
	if _, err := p.in.Write(append(work, '\n')); err != nil {
		return fmt.Errorf("%s ended: %s", p.what, p.stderr)
	}
	_, err := p.read(ctx)
	return err
}

// read returns the next line that is JSON; libraries print what they like.
func (p *process) read(ctx context.Context) (sample, error) {
	for {
		line, err := p.out.ReadBytes('\n')
		if err != nil {
			if ctx.Err() != nil {
				return sample{}, ctx.Err()
			}
			_ = p.cmd.Wait()
			return sample{}, fmt.Errorf("%s ended before it answered: %s", p.what, p.stderr)
		}
		var s sample
		if json.Unmarshal(bytes.TrimSpace(line), &s) != nil {
			continue
		}
		if s.Error != "" {
			return s, fmt.Errorf("%s: %s", p.what, s.Error)
		}
		return s, nil
	}
}

// close ends the child and whatever it started.
func (p *process) close() {
	p.in.Close()
	p.cancel()
	_ = p.cmd.Wait()
}

// tail keeps the end of what a child complains about.
type tail struct{ text []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.text = append(t.text, b...)
	if len(t.text) > 4000 {
		t.text = append(t.text[:0], t.text[len(t.text)-2000:]...)
	}
	return len(b), nil
}

// String is the last line, which is where a traceback says what happened.
func (t *tail) String() string {
	lines := strings.Split(strings.TrimSpace(string(t.text)), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return last
	}
	return "no message"
}
