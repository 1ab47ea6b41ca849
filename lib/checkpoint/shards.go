package checkpoint

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// maxShard is the size above which the weights of a folder are spread over several files, as Transformers does.
const maxShard = 5_000_000_000

const (
	single = "model.safetensors"
	index  = single + ".index.json"
)

var shardForm = regexp.MustCompile(`^model-\d{5}-of-\d{5}\.safetensors$`)

// WriteFolder writes the weights of a folder: model.safetensors, or if they take more than limit bytes (0: 5 GB) several
// files model-00001-of-0000N.safetensors and an index. What an earlier model left there is removed at the end.
func WriteFolder(folder string, tensors []Tensor, dtype string, limit int64) error {
	if limit == 0 {
		limit = maxShard
	}
	k := kinds[dtype]
	if k == nil || k.write == nil || k.block > 1 {
		return fmt.Errorf("checkpoint: type %q cannot be written as safetensors: F32, F16 and BF16 can", dtype)
	}
	var parts [][]Tensor
	var total, size int64
	for _, t := range tensors {
		n := int64(len(t.Data)) * int64(k.bytes)
		if total += n; len(parts) == 0 || size+n > limit {
			parts, size = append(parts, nil), 0
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], t)
		size += n
	}
	if len(parts) < 2 {
		if err := Write(filepath.Join(folder, single), tensors, dtype); err != nil {
			return err
		}
		return clean(folder, map[string]bool{single: true})
	}
	keep, where := map[string]bool{index: true}, map[string]string{}
	for i, p := range parts {
		name := fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, len(parts))
		if err := Write(filepath.Join(folder, name), p, dtype); err != nil {
			return err
		}
		keep[name] = true
		for _, t := range p {
			where[t.Name] = name
		}
	}
	j, err := json.MarshalIndent(map[string]any{"metadata": map[string]any{"total_size": total}, "weight_map": where}, "", "  ")
	if err != nil {
		return err
	}
	if err := WriteFile(filepath.Join(folder, index), append(j, '\n')); err != nil {
		return err
	}
	return clean(folder, keep)
}

// clean removes weights that are not of the model that was just written: a left index would be read instead of it.
func clean(folder string, keep map[string]bool) error {
	list, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	for _, e := range list {
		if n := e.Name(); !keep[n] && (n == single || n == index || shardForm.MatchString(n)) {
			if err := os.Remove(filepath.Join(folder, n)); err != nil {
				return fmt.Errorf("checkpoint: %w", err)
			}
		}
	}
	return nil
}
