// Command teach makes the instruct model of the course out of the base model, by supervised fine-tuning.
//
//	go run ./lib/zoo/teach            # about two minutes on two cores
package main

import (
	"flag"
	"fmt"
	"os"

	"lyceum/lib/checkpoint"
	"lyceum/lib/datasets"
	"lyceum/lib/posttrain"
	"lyceum/lib/zoo"
)

func main() {
	out := flag.String("o", "lib/zoo/instruct/model.safetensors", "the file to write")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "teach:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	chats, err := datasets.Load("instruct")
	if err != nil {
		return err
	}
	r, err := posttrain.SFT(zoo.Base(), chats, posttrain.SFTConfig{LearningRate: 1e-3, Epochs: 2, BatchSize: 16, Schedule: "cosine", Warmup: 20})
	if err != nil {
		return err
	}
	fmt.Println(r)
	return checkpoint.Write(out, checkpoint.Tensors(r.Model.LM), "BF16")
}
