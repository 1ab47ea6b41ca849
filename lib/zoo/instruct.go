package zoo

import (
	_ "embed"
	"sync"

	"lyceum/lib/checkpoint"
)

//go:embed instruct/model.safetensors
var instructWeights []byte

var parsedInstruct = sync.OnceValues(func() (*Model, error) {
	b, err := parsedBase()
	if err != nil {
		return nil, err
	}
	f, err := checkpoint.Parse("the embedded instruct/model.safetensors", instructWeights)
	if err != nil {
		return nil, err
	}
	lm, err := checkpoint.Assemble(b.LM.Config, f)
	if err != nil {
		return nil, err
	}
	return &Model{Name: "instruct", Origin: "instruct", LM: lm, Tok: b.Tok}, nil
})

// Instruct returns the base model after supervised fine-tuning on datasets.Load("instruct"), by the command in teach: it
// answers questions about people in one of four styles, says its name, and has seen some sums. The chapters on preferences
// and rewards start from it. Every call gives a model with weights of its own.
func Instruct() *Model {
	m, err := parsedInstruct()
	if err != nil {
		panic("zoo.Instruct: the program was built with a damaged model: " + err.Error())
	}
	return m.Clone("instruct")
}
