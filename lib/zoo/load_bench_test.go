package zoo

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
)

// BenchmarkLoad is loading SmolLM2-135M-Instruct with its file in the system's cache: weights, vocabulary and template.
// model-MB are its weights as float32; peak-MB is the most memory that the process held meanwhile, the pages of the
// mapped file among it (on Linux).
func BenchmarkLoad(b *testing.B) {
	m, err := SmolLM2()
	if err != nil {
		b.Skip(err)
	}
	model := float64(m.LM.Config.NumParams()) * 4 / (1 << 20)
	dir := b.TempDir()
	for _, c := range []struct{ name, file, kind string }{
		{"safetensors/F32", "f32", "F32"}, {"safetensors/BF16", "bf16", "BF16"}, {"safetensors/F16", "f16", "F16"},
		{"gguf/Q4_1", "q4_1.gguf", "Q4_1"}, {"gguf/Q4_0", "q4_0.gguf", "Q4_0"}, {"gguf/Q8_0", "q8_0.gguf", "Q8_0"}, {"gguf/F16", "f16.gguf", "F16"},
	} {
		path := filepath.Join(dir, c.file)
		if err := m.Write(path, c.kind); err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			peak := 0.0
			for b.Loop() {
				b.StopTimer()
				runtime.GC()
				debug.FreeOSMemory()
				before := memory("VmRSS:")
				_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak begins anew
				b.StartTimer()
				n, err := Load(path)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				peak = max(peak, memory("VmHWM:")-before)
				runtime.KeepAlive(n)
				b.StartTimer()
			}
			b.ReportMetric(model, "model-MB")
			if peak > 0 {
				b.ReportMetric(peak, "peak-MB")
			}
		})
		os.RemoveAll(path)
	}
}

// memory reads a line of /proc/self/status, in MB; 0 where there is none.
func memory(key string) float64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := bytes.Cut(status, []byte(key))
	line, _, _ := bytes.Cut(rest, []byte("kB"))
	kb, _ := strconv.ParseFloat(string(bytes.TrimSpace(line)), 64)
	return kb / 1024
}
