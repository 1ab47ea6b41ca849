package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"lyceum/lib/posttrain/trl"
	"lyceum/lib/stop"
)

var trainCommand = command{"train", "trains a model as a config of TRL's command line says", trainMain}

func trainMain(args []string) int {
	fl := flag.NewFlagSet("train", flag.ContinueOnError)
	rollouts := fl.String("rollouts", "", "recorded completions (JSONL) for ppo, grpo and rloo to train on instead of sampling")
	save := fl.String("save-rollouts", "", "a file into which ppo, grpo and rloo write their completions")
	fl.Usage = func() {
		fmt.Println("usage: lyceum train METHOD CONFIG.yaml [--rollouts FILE] [--save-rollouts FILE]\n\nmethods:")
		for _, m := range trl.Methods() {
			fmt.Printf("  %-14s %s\n", m.Name, m.Short)
		}
		fmt.Println("\nThe config has the keys of TRL's command line (model_name_or_path, dataset_name, output_dir, learning_rate, ...); models and data are\nfiles on disk. A key that is not honoured is an error. The model or adapter and metrics.jsonl are written into output_dir.\n\nflags:")
		fl.PrintDefaults()
	}
	rest, code, ok := interleaved(fl, args)
	if !ok {
		return code
	}
	if len(rest) != 2 {
		return misuse("train", fmt.Errorf("a method and a config file are needed"))
	}
	c, err := trl.Read(rest[1], os.Stdout)
	if err == nil {
		c.Rollouts, c.SaveRollouts = *rollouts, *save
		interrupts := make(chan os.Signal, 1)
		signal.Notify(interrupts, os.Interrupt)
		go func() {
			<-interrupts
			signal.Stop(interrupts) // a second interrupt ends the program at once
			fmt.Fprintln(os.Stderr, "train: the run ends after this step; interrupt again to end it at once")
			stop.Request()
		}()
		_, err = trl.Train(rest[0], c)
	}
	switch {
	case errors.Is(err, stop.ErrInterrupted):
		fmt.Fprintln(os.Stderr, "train: interrupted; resume_from_checkpoint continues the run if it has written a checkpoint")
		return 1
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
