// Command speed encodes a text with the tokenizers library and with this one in turn, one thread each, compares the ids, and
// prints how fast each was:
//
//	go run ./lib/tokenize/speed -python ENV/bin/python tokenizer.json vocabulary.gguf ...
//
// A GGUF vocabulary is handed to the other side as the tokenizer.json that this library writes of it. The text is about one
// megabyte: prose, source code and other scripts (package mixed); -text FILE names another. Each round both begin without what
// they remember of words.
package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"lyceum/lib/checkpoint"
	"lyceum/lib/tokenize"
	"lyceum/lib/tokenize/mixed"
)

//go:embed peer.py
var peer string

func main() {
	python := flag.String("python", "python3", "the Python that has tokenizers")
	file := flag.String("text", "", "the text (default: generated)")
	rounds := flag.Int("rounds", 9, "how often each side encodes the text")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	text := mixed.Text(1<<20, 1)
	if *file != "" {
		b, err := os.ReadFile(*file)
		if err != nil {
			fail(err)
		}
		text = string(b)
	}
	if flag.NArg() == 0 {
		fail(errors.New("name tokenizer.json files or GGUF vocabularies"))
	}
	fmt.Printf("%-34s %10s %12s %7s  %s\n", "", "MB/s", "tokenizers", "ratio", "ids")
	for _, name := range flag.Args() {
		if err := compare(*python, name, text, *rounds); err != nil {
			fail(fmt.Errorf("%s: %w", name, err))
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "speed:", err)
	os.Exit(1)
}

// load returns a way to make the tokenizer anew, and its tokenizer.json.
func load(name string) (func() (*tokenize.Tokenizer, error), []byte, error) {
	if !strings.EqualFold(filepath.Ext(name), ".gguf") {
		data, err := os.ReadFile(name)
		return func() (*tokenize.Tokenizer, error) { return tokenize.FromJSON(name, data) }, data, err
	}
	g, err := checkpoint.OpenGGUF(name)
	if err != nil {
		return nil, nil, err
	}
	t, err := tokenize.FromGGUF(name, g.Meta)
	if err != nil {
		return nil, nil, err
	}
	data, err := t.JSON()
	return func() (*tokenize.Tokenizer, error) { return tokenize.FromJSON(name, data) }, data, err
}

// answer is a round of the other side.
type answer struct {
	Seconds float64
	Tokens  int
	Sum     uint64
}

func compare(python, name, text string, rounds int) error {
	make, data, err := load(name)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "lyceum-speed-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "tokenizer.json"), data, 0o600), os.WriteFile(filepath.Join(dir, "text"), []byte(text), 0o600)); err != nil {
		return err
	}
	c := exec.Command(python, "-c", peer, dir)
	c.Env = append(os.Environ(), "TOKENIZERS_PARALLELISM=false", "RAYON_NUM_THREADS=1")
	c.Stderr = os.Stderr
	in, err1 := c.StdinPipe()
	out, err2 := c.StdoutPipe()
	if err := errors.Join(err1, err2, c.Start()); err != nil {
		return err
	}
	defer c.Wait()
	defer in.Close()
	lines := bufio.NewReader(out)
	var ours, theirs []float64
	same, last := "equal", answer{}
	for range rounds {
		t, err := make()
		if err != nil {
			return err
		}
		begun := time.Now()
		ids := t.Encode(text)
		ours = append(ours, time.Since(begun).Seconds())
		io.WriteString(in, "run\n")
		line, err := lines.ReadBytes('\n')
		var a answer
		if err == nil {
			err = json.Unmarshal(line, &a)
		}
		if err != nil {
			return fmt.Errorf("the other side: %w", err)
		}
		theirs = append(theirs, a.Seconds)
		if a.Tokens != len(ids) || a.Sum != sum(ids) {
			same = fmt.Sprintf("DIFFERENT (%d and %d)", len(ids), a.Tokens)
		}
		last = a
	}
	a, b := median(ours), median(theirs)
	mb := float64(len(text)) / 1e6
	fmt.Printf("%-34s %10.1f %12.1f %6.1fx  %s\n", filepath.Base(filepath.Dir(name))+"/"+filepath.Base(name), mb/a, mb/b, b/a, fmt.Sprintf("%s: %d, sum %016x", same, last.Tokens, last.Sum))
	return nil
}

// sum is the FNV-1a sum of the ids as little-endian 32-bit numbers.
func sum(ids []int32) uint64 {
	h := fnv.New64a()
	for _, id := range ids {
		h.Write([]byte{byte(id), byte(id >> 8), byte(id >> 16), byte(id >> 24)})
	}
	return h.Sum64()
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
