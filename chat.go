package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"lyceum/lib/stop"
	"lyceum/lib/tokenize"
	"lyceum/lib/zoo"
)

var chatCommand = command{"chat", "talk with a model: chat MODEL", runChat}

const aboutChat = `Talks with a model. The answer is written while the model makes it, and what was computed for earlier turns is kept.
` + aboutModels + `
Ctrl-C stops the answer; Ctrl-D, /quit, or Ctrl-C twice without an answer between ends. In a pipe each line is a turn, and only the answers are written.
A line that ends in \ goes on in the next one. Lines that begin with / are commands:
  /again         another answer in place of the last one
  /undo          take back the last turn and its answer
  /reset         forget all turns
  /system TEXT   set the system prompt and begin anew; without TEXT, remove it
  /save FILE     write the conversation as JSON
  /load FILE     go on with a conversation that was saved
  /help, /quit`

func runChat(args []string) int {
	fl := flags("chat", "MODEL [--system TEXT] [FLAGS]", aboutChat)
	var model modelFlags
	var template chatFlags
	var sampling samplingFlags
	model.add(fl)
	template.add(fl)
	sampling.add(fl)
	system := fl.String("system", "", "begin with the system prompt `TEXT`")
	load := fl.String("load", "", "go on with the conversation of a JSON `FILE`, as /save writes it")
	rest, code, ok := interleaved(fl, args)
	if !ok {
		return code
	}
	switch {
	case len(rest) == 0:
		return misuse("chat", errors.New("name the model: chat MODEL"))
	case len(rest) > 1:
		return misuse("chat", fmt.Errorf("there is no place for the argument %q", rest[1]))
	}
	m, err := model.load(rest[0], true)
	if err != nil {
		return misuse("chat", err)
	}
	r := repl{chat: zoo.Chat(m), in: os.Stdin, out: stdout, notes: os.Stderr, asks: !piped()}
	o, err := sampling.options(m, given(fl), true)
	if err == nil {
		o.Weights = model.weights
		if o.MaxNewTokens == 0 && o.MaxLength == 0 {
			o.MaxNewTokens = r.chat.Options.MaxNewTokens
		}
		r.chat.Options = o
		r.chat.Template, err = template.options(m.Tok)
	}
	if err == nil && *load != "" {
		err = r.load(*load)
	}
	if err != nil {
		return misuse("chat", err)
	}
	if *system != "" {
		r.chat.System(*system)
	}
	interrupt := make(chan os.Signal, 4)
	signal.Notify(interrupt, os.Interrupt)
	defer signal.Stop(interrupt)
	return r.run(interrupt)
}

// repl reads turns and writes answers.
type repl struct {
	chat  *zoo.Conversation
	in    io.Reader
	out   io.Writer // answers
	notes io.Writer // everything else
	asks  bool      // someone sits in front of it
}

// run goes on to the end of the input. The code is 1 if an answer failed.
func (r *repl) run(interrupt <-chan os.Signal) (code int) {
	lines := make(chan string)
	go func() {
		defer close(lines)
		s := bufio.NewScanner(r.in)
		s.Buffer(nil, 64<<20)
		for s.Scan() {
			lines <- s.Text()
		}
		if err := s.Err(); err != nil {
			fmt.Fprintln(r.notes, "lyceum chat:", err)
		}
	}()
	r.chat.OnText = func(piece string) { fmt.Fprint(r.out, piece) }
	if r.asks {
		fmt.Fprintf(r.notes, "%s\n/help lists the commands; Ctrl-C stops an answer, Ctrl-D ends.\n", r.chat.Model)
	}
	last, turn := false, ""
	for {
		if r.asks {
			prompt := "> "
			if turn != "" {
				prompt = ". "
			}
			fmt.Fprint(r.notes, prompt)
		}
		select {
		case <-interrupt:
			if last {
				return exitInterrupted
			}
			last, turn = true, ""
			fmt.Fprintln(r.notes, "\nCtrl-C again, or Ctrl-D, ends.")
			continue
		case line, ok := <-lines:
			if !ok {
				if r.asks {
					fmt.Fprintln(r.notes)
				}
				return code
			}
			last = false
			if rest, more := strings.CutSuffix(line, `\`); more {
				turn += rest + "\n"
				continue
			}
			line, turn = turn+line, ""
			done, err := r.do(line, interrupt)
			if err != nil {
				fmt.Fprintln(r.notes, "lyceum chat:", err)
				code = 1
			}
			if done {
				return code
			}
		}
	}
}

// do is one turn or command.
func (r *repl) do(line string, interrupt <-chan os.Signal) (done bool, err error) {
	name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	rest = strings.TrimSpace(rest)
	switch name {
	case "":
		return false, nil
	case "/quit", "/exit", "/bye":
		return true, nil
	case "/help":
		_, commands, _ := strings.Cut(aboutChat, "are commands:\n")
		fmt.Fprintln(r.notes, commands)
		return false, nil
	case "/reset":
		r.chat.Reset()
		return false, nil
	case "/undo":
		_, err := r.chat.Undo()
		return false, err
	case "/system":
		r.chat.System(rest)
		return false, nil
	case "/save":
		if rest == "" {
			return false, errors.New("/save needs the name of a file")
		}
		return false, r.chat.Save(rest)
	case "/load":
		return false, r.load(rest)
	case "/again":
		return false, r.answer(interrupt, r.chat.Again)
	}
	if strings.HasPrefix(name, "/") {
		return false, fmt.Errorf("there is no command %s; /help lists them", name)
	}
	return false, r.answer(interrupt, func() (*zoo.Answer, error) { return r.chat.Say(line) })
}

// answer runs a turn, which Ctrl-C ends.
func (r *repl) answer(interrupt <-chan os.Signal, say func() (*zoo.Answer, error)) error {
	over := make(chan bool)
	watched := make(chan bool)
	go func() {
		defer close(watched)
		select {
		case <-interrupt:
			stop.Request()
		case <-over:
		}
	}()
	a, err := say()
	close(over)
	<-watched
	stop.Reset()
	if a != nil {
		fmt.Fprintln(r.out)
	}
	if errors.Is(err, stop.ErrInterrupted) {
		return nil
	}
	return err
}

// load puts a conversation in place of the present one.
func (r *repl) load(file string) error {
	if file == "" {
		return errors.New("/load needs the name of a file")
	}
	c, err := readConversation(file)
	if err != nil {
		return err
	}
	r.chat.Messages = append([]tokenize.Message(nil), c.Messages...)
	return nil
}
