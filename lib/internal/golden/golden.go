// Package golden holds reference values that make.py has computed with PyTorch and Transformers.
package golden

import (
	_ "embed"
	"encoding/json"
)

//go:embed golden.json
var data []byte

// Values is the content of golden.json.
type Values struct {
	Torch        string `json:"torch"`
	Transformers string `json:"transformers"`
	SFT          struct {
		Logits []float32 `json:"logits"`
		Labels []int32   `json:"labels"`
		Vocab  int       `json:"vocab"`
		Loss   float64   `json:"loss"`
		Grad   []float64 `json:"grad"`
	} `json:"sft"`
	Model struct {
		Weights map[string][]float32 `json:"weights"`
		IDs     [][]int32            `json:"ids"`
		Lengths []int                `json:"lengths"`
		Logits  [][]float64          `json:"logits"`
		Targets [][]int32            `json:"targets"`
		Steps   []struct {
			Loss     float64 `json:"loss"`
			GradNorm float64 `json:"grad_norm"`
		} `json:"steps"`
		FinalNorm float64 `json:"final_norm"`
	} `json:"model"`
}

// Load reads the values.
func Load() Values {
	var v Values
	if err := json.Unmarshal(data, &v); err != nil {
		panic(err) // the file is part of the program
	}
	return v
}
