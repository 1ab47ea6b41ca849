package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lyceum/lib/checkpoint"
	"lyceum/lib/tokenize"
	"lyceum/lib/zoo"
)

var convertCommand = command{"convert", "write a model as a Hugging Face folder or a GGUF file: convert IN OUT", runConvert}

func runConvert(args []string) int {
	fl := flags("convert", "IN OUT [--type TYPE] [--adapter FOLDER --merge] [--tokenizer FOLDER]",
		"Reads a model and writes it to OUT: a GGUF file if OUT ends in .gguf, else a folder. IN is a MODEL:\n"+aboutModels+"\n"+
			"Transformers reads the folder, llama.cpp and Ollama run the file. TYPE is F32, F16 or BF16, and for GGUF files also Q8_0, Q4_0 or Q4_1.\n"+
			"An adapter as PEFT writes it becomes part of the weights.")
	kind := fl.String("type", "", "the `TYPE` of the weights (default BF16)")
	fl.StringVar(kind, "dtype", "", "the same as --type")
	adapter := fl.String("adapter", "", "an adapter in `FOLDER`; it needs --merge")
	merge := fl.Bool("merge", false, "write the adapter into the weights")
	tokenizer := fl.String("tokenizer", "", "take the tokenizer and the chat template from the Hugging Face `FOLDER` instead of IN's")
	rest, code, ok := interleaved(fl, args)
	if !ok {
		return code
	}
	if len(rest) != 2 {
		return misuse("convert", errors.New("name what to read and what to write: convert IN OUT"))
	}
	if *kind != "" {
		if _, err := zoo.WeightType(*kind); err != nil {
			return misuse("convert", err)
		}
	}
	if (*adapter != "") != *merge {
		return misuse("convert", errors.New("--adapter and --merge go together: an adapter is written into the weights"))
	}
	if err := convert(rest[0], rest[1], *kind, *adapter, *tokenizer); err != nil {
		fmt.Fprintln(os.Stderr, "lyceum convert:", err)
		return 1
	}
	return 0
}

func convert(in, out, kind, adapter, tokenizer string) (err error) {
	file := strings.EqualFold(filepath.Ext(out), ".gguf")
	switch st, err := os.Stat(out); {
	case err == nil && st.IsDir() && file:
		return fmt.Errorf("%s is a folder; a GGUF file cannot be written over it", out)
	case err == nil && !st.IsDir() && !file:
		return fmt.Errorf("%s is a file; name a folder, or a file that ends in .gguf", out)
	}
	absent := notThere(out)
	defer func() {
		for _, folder := range absent {
			if st, missing := os.Lstat(folder); err != nil && missing == nil && st.IsDir() {
				os.Remove(folder) // which leaves one alone that is not empty
			}
		}
	}()
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	m, err := loadModel(in, false)
	if err != nil {
		return err
	}
	if adapter != "" {
		if err := checkpoint.LoadAdapter(adapter, m.LM, "default"); err != nil {
			return err
		}
		if err := m.LM.Merge("default"); err != nil {
			return fmt.Errorf("the adapter %s: %w", adapter, err)
		}
		if err := m.LM.DeleteAdapter("default"); err != nil {
			return err
		}
	}
	if tokenizer != "" {
		if m.Tok, err = tokenize.FromFolder(tokenizer); err != nil {
			return err
		}
	}
	if m.Tok == nil {
		fmt.Fprintf(os.Stderr, "lyceum convert: %s has no tokenizer, so %s has none either; --tokenizer FOLDER adds one\n", in, out)
	}
	if err := m.Write(out, kind); err != nil {
		return err
	}
	fmt.Fprintln(stdout, out)
	return nil
}

// notThere are, of a path and the folders around it, those that do not exist, the innermost first.
func notThere(path string) (out []string) {
	for path = filepath.Clean(path); ; path = filepath.Dir(path) {
		if _, err := os.Lstat(path); err == nil || !os.IsNotExist(err) || path == filepath.Dir(path) {
			return out
		}
		out = append(out, path)
	}
}
