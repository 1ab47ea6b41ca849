package checkpoint

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// AdapterBase finds the model that a folder with an adapter of PEFT belongs to: base_model_name_or_path, as it stands, or beside a
// folder above. ok is false if the folder holds no adapter, or one that does not say.
func AdapterBase(folder string) (base string, ok bool) {
	data, err := os.ReadFile(filepath.Join(folder, "adapter_config.json"))
	if err != nil {
		return "", false
	}
	var x struct {
		Base string `json:"base_model_name_or_path"`
	}
	if json.Unmarshal(data, &x) != nil || x.Base == "" {
		return "", false
	}
	for dir := folder; ; dir = filepath.Dir(dir) {
		at := filepath.Join(dir, x.Base)
		if dir == folder {
			at = x.Base
		}
		if info, err := os.Stat(at); err == nil && info.IsDir() {
			return at, true
		}
		if dir == filepath.Dir(dir) {
			return x.Base, true
		}
	}
}
