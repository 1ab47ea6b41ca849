package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"strings"

	"lyceum/lib/posttrain/trl"
	"lyceum/lib/stop"
)

var trainCommand = command{"train", "train a model as a config of TRL's command line says: train METHOD CONFIG.yaml", trainMain}

func trainMain(args []string) int {
	fl := flags("train", "METHOD CONFIG.yaml [--rollouts FILE] [--save-rollouts FILE]", aboutTrain())
	rollouts := fl.String("rollouts", "", "recorded completions (JSONL) for ppo, grpo and rloo to train on instead of sampling")
	save := fl.String("save-rollouts", "", "a file into which ppo, grpo and rloo write their completions")
	rest, code, ok := interleaved(fl, args)
	if !ok {
		return code
	}
	if len(rest) != 2 {
		return misuse("train", errors.New("name a method and a config file: train METHOD CONFIG.yaml"))
	}
	if names := methodNames(); !slices.Contains(names, rest[0]) {
		return misuse("train", fmt.Errorf("there is no method %q%s (methods: %s)", rest[0], meant(rest[0], names), strings.Join(names, ", ")))
	}
	if err := readable(rest[1]); err != nil {
		return misuse("train", err)
	}
	c, err := trl.Read(rest[1], stdout)
	if err == nil {
		c.Rollouts, c.SaveRollouts = *rollouts, *save
		interrupts := make(chan os.Signal, 1)
		signal.Notify(interrupts, os.Interrupt)
		go func() {
			<-interrupts
			signal.Stop(interrupts) // a second interrupt ends the program at once
			fmt.Fprintln(os.Stderr, "lyceum train: the run ends after this step; interrupt again to end it at once")
			stop.Request()
		}()
		_, err = trl.Train(rest[0], c)
	}
	switch {
	case errors.Is(err, stop.ErrInterrupted):
		fmt.Fprintln(os.Stderr, "lyceum train: interrupted; resume_from_checkpoint continues the run if it has written a checkpoint")
		return 1
	case err != nil:
		fmt.Fprintln(os.Stderr, "lyceum train:", strings.TrimPrefix(err.Error(), "train: "))
		return 1
	}
	return 0
}

func aboutTrain() string {
	var b strings.Builder
	b.WriteString("Trains a model without a notebook. The config has the keys of TRL's command line (model_name_or_path, dataset_name, output_dir, learning_rate, ...);\n" +
		"model_name_or_path is a folder, a .gguf file or a name: base, instruct, or what 'lyceum get' has fetched; data are files on disk. A key that is not honoured is an error. The model or adapter and metrics.jsonl are written into output_dir.\n\nmethods:\n")
	for _, m := range trl.Methods() {
		fmt.Fprintf(&b, "  %-14s %s\n", m.Name, m.Short)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func methodNames() (names []string) {
	for _, m := range trl.Methods() {
		names = append(names, m.Name)
	}
	return names
}

// readable says in the user's words why a config cannot be opened.
func readable(file string) error {
	st, err := os.Stat(file)
	var pe *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no config %s", file)
	case errors.As(err, &pe):
		return fmt.Errorf("config %s: %v", file, pe.Err)
	case err == nil && !st.Mode().IsRegular():
		return fmt.Errorf("config %s is not a regular file", file)
	}
	return err
}
