package posttrain

import (
	"fmt"

	"lyceum/lib/datasets"
	"lyceum/lib/zoo"
)

// needed says that a trainer was called without a model or without data: with what a load has returned beside an error that
// nobody looked at, or with the Model of a run that has not begun.
func needed(method string, model *zoo.Model, data *datasets.Set) error {
	switch {
	case model == nil || model.LM == nil:
		return fmt.Errorf("posttrain.%s: the model is nil: was there an error when it was loaded or trained?", method)
	case data == nil:
		return fmt.Errorf("posttrain.%s: the data set is nil: was there an error when it was loaded?", method)
	}
	return nil
}
