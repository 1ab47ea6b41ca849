package jupyter

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"

	"lyceum/install/atomicfile"
	"lyceum/install/kernelspec"
)

// A Home is a folder with what JupyterLab finds through JUPYTER_PATH and JUPYTER_CONFIG_PATH when Lyceum
// starts it: the kernel, and settings for a classroom. The person's own Jupyter settings are not touched and go first.
type Home struct{ Dir string }

// DataDir is the folder that JUPYTER_PATH names, config the one of JUPYTER_CONFIG_PATH.
func (h Home) DataDir() string { return filepath.Join(h.Dir, "data") }
func (h Home) config() string  { return filepath.Join(h.Dir, "config") }

// KernelDir is the folder of the kernelspec.
func (h Home) KernelDir() string { return kernelspec.Dir(h.DataDir(), kernelspec.DefaultName) }

// overrides are JupyterLab's settings as this start has them by default: no news, no hints at updates, no questions about either.
var overrides = map[string]any{
	"@jupyterlab/apputils-extension:notification": map[string]any{"fetchNews": "false", "checkForUpdates": false},
}

// server is the configuration of the server: nothing that asks the network.
var server = map[string]any{
	"LabApp": map[string]any{"news_url": nil, "check_for_updates_class": "jupyterlab.NeverCheckForUpdate", "extension_manager": "readonly"},
}

// Write brings the folder up to date; binary is the program of the kernel.
func (h Home) Write(binary string) error {
	for path, v := range map[string]any{
		filepath.Join("labconfig", "default_setting_overrides.json"): overrides,
		"jupyter_server_config.json":                                 server,
		"jupyter_lab_config.json":                                    server,
	} {
		if err := writeJSON(filepath.Join(h.config(), path), v); err != nil {
			return err
		}
	}
	want := kernelspec.New(binary, kernelspec.DefaultDisplayName)
	if got, err := kernelspec.Read(h.KernelDir()); err == nil && got.Ours() && got.Binary() == binary {
		return nil
	}
	return kernelspec.Write(h.KernelDir(), want)
}

func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return atomicfile.Write(path, text, 0o644)
}

// Env returns the variables that lead Jupyter to the folder, added to those of env.
func (h Home) Env(env []string) []string {
	out := prepend(env, "JUPYTER_PATH", h.DataDir())
	return prepend(out, "JUPYTER_CONFIG_PATH", h.config())
}

func prepend(env []string, key, dir string) []string {
	out := make([]string, 0, len(env)+1)
	value := dir
	for _, kv := range env {
		if k, v, _ := bytes.Cut([]byte(kv), []byte("=")); string(k) == key {
			if len(v) > 0 {
				value = dir + string(os.PathListSeparator) + string(v)
			}
			continue
		}
		out = append(out, kv)
	}
	return append(out, key+"="+value)
}
