package rl

import (
	_ "embed"
	"encoding/json"
	"math"
	"testing"

	"lyceum/lib/tokenize"
)

//go:embed testdata/reward_model.json
var rewardModelJSON []byte // written by testdata/reward_model.py with TRL

// A reward model says of texts and conversations what it says in GRPOTrainer.
func TestRewardModelsEqualTRL(t *testing.T) {
	var want struct {
		Plain []struct {
			Prompt, Completion string
			Score              float64
		}
		Chats []struct {
			Prompt     []tokenize.Message
			Completion string
			Score      float64
		}
	}
	if err := json.Unmarshal(rewardModelJSON, &want); err != nil {
		t.Fatal(err)
	}
	judge, err := LoadRewardModel("../posttrain/trl/testdata/scorer")
	if err != nil {
		t.Fatal(err)
	}
	var plain, chats Batch
	var scores [2][]float64
	for _, x := range want.Plain {
		plain.Prompts, plain.Completions = append(plain.Prompts, x.Prompt), append(plain.Completions, x.Completion)
		scores[0] = append(scores[0], x.Score)
	}
	for _, x := range want.Chats {
		chats.Chats, chats.Completions, chats.Prompts = append(chats.Chats, x.Prompt), append(chats.Completions, x.Completion), append(chats.Prompts, "")
		scores[1] = append(scores[1], x.Score)
	}
	for k, b := range []Batch{plain, chats} {
		got := judge(b)
		if len(got) != len(scores[k]) {
			t.Fatalf("%d scores, want %d", len(got), len(scores[k]))
		}
		for i, s := range scores[k] {
			if math.Abs(got[i]-s) > 1e-5*math.Max(1, math.Abs(s)) {
				t.Errorf("%q: the score is %v, in TRL %v", b.Completions[i], got[i], s)
			}
		}
	}
}
