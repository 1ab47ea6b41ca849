package posttrain

import (
	"bytes"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lyceum/lib/nn"
)

//go:embed testdata/events.json
var eventsJSON []byte // written by testdata/events.py with TensorBoard's own writer

// Event files are, byte for byte, what torch.utils.tensorboard.SummaryWriter writes.
func TestEventsAreThoseOfTensorBoard(t *testing.T) {
	var want struct {
		WallTime float64 `json:"wall_time"`
		Records  []string
	}
	if err := json.Unmarshal(eventsJSON, &want); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "events")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	e := &events{f}
	now := time.UnixMilli(int64(want.WallTime * 1e3))
	entry := func(names []string, values ...float64) *entry {
		x := newEntry()
		for i, n := range names {
			x.put(n, values[i])
		}
		return x
	}
	for _, err := range []error{e.text(now, "args", "{\n  \"LearningRate\": 0.001\n}"), e.text(now, "model_config", "größer "+strings.Repeat("x", 200)),
		e.add(now, 1, entry([]string{"loss", "grad_norm"}, 2.5, 1e-30)), e.add(now, 300, entry([]string{"loss", "eval_loss"}, math.NaN(), -0.1)), f.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got := []byte(read(t, file))
	for i, h := range want.Records {
		w, err := hex.DecodeString(h)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(got, w) {
			t.Fatalf("record %d is\n%x\nTensorBoard writes\n%x", i, got[:min(len(got), len(w))], w)
		}
		got = got[len(w):]
	}
	if len(got) > 0 || len(want.Records) != 6 {
		t.Errorf("%d bytes too many after %d records", len(got), len(want.Records))
	}
	if c := crc32.Checksum([]byte("123456789"), castagnoli); c != 0xe3069283 { // the check value of CRC-32C
		t.Errorf("%x", c)
	}
}

// The settings of a run are in its event file: numbers, words and lists, no models and functions.
func TestSettingsAsText(t *testing.T) {
	got := settingsText(GRPOConfig{LearningRate: 1e-5, Loss: "dapo", RewardWeights: []float64{1, 2}, RewardTimeout: time.Minute, Adapter: nn.LoRA{Rank: 4}, Reference: tiny(t),
		Loop: Loop{AdamBeta1: Set(0), OutputDir: "a \"b\"", Callbacks: []Callback{func(Event) error { return nil }}, ScheduleArgs: map[string]any{"power": 2.0}, Console: &strings.Builder{}}})
	var x map[string]any
	if err := json.Unmarshal([]byte(got), &x); err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	for name, want := range map[string]string{"LearningRate": "0.00001", "Loss": `"dapo"`, "RewardWeights": "[1,2]", "RewardTimeout": `"1m0s"`, "Adapter.Rank": "4", "AdamBeta1": "0", "OutputDir": `"a \"b\""`, "ScheduleArgs": `{"power":2}`} {
		if b, _ := json.Marshal(x[name]); string(b) != want {
			t.Errorf("%s is %s, want %s", name, b, want)
		}
	}
	for _, name := range []string{"Reference", "Callbacks", "Console", "AdamBeta2", "Env"} {
		if v, ok := x[name]; ok {
			t.Errorf("%s is %v", name, v)
		}
	}
}
