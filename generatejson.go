package main

import (
	"encoding/json"
	"errors"

	"lyceum/lib/sampling"
	"lyceum/lib/stop"
)

// The JSON of generate; its help describes it.
type (
	generated struct {
		Model       string                `json:"model"`
		Prompt      generatedPrompt       `json:"prompt"`
		Completions []generatedCompletion `json:"completions"`
	}
	generatedPrompt struct {
		Text     string       `json:"text"`
		IDs      []int32      `json:"ids"`
		Tokens   []string     `json:"tokens,omitempty"`
		LogProbs []any        `json:"logprobs"`
		Top      [][]topToken `json:"top_logprobs,omitempty"`
	}
	generatedCompletion struct {
		Text             string       `json:"text"`
		IDs              []int32      `json:"ids"`
		Tokens           []string     `json:"tokens,omitempty"`
		LogProbs         []float64    `json:"logprobs"`
		SamplingLogProbs []float64    `json:"sampling_logprobs"`
		Top              [][]topToken `json:"top_logprobs,omitempty"`
		Finish           string       `json:"finish"`
		StopID           *int32       `json:"stop_id"`
		StopText         string       `json:"stop_text,omitempty"`
		Score            *float64     `json:"score,omitempty"`
		Curtailed        bool         `json:"curtailed,omitempty"`
	}
	topToken struct {
		ID      int32   `json:"id"`
		Token   string  `json:"token"`
		LogProb float64 `json:"logprob"`
	}
)

func (g *generateRun) writeJSON() error {
	out, err := sampling.GenerateWith(g.d, g.all, g.o)
	interrupted := errors.Is(err, stop.ErrInterrupted)
	if err != nil && !interrupted {
		return err
	}
	stop.Reset()
	e := json.NewEncoder(g.out)
	e.SetEscapeHTML(false)
	n := max(1, g.o.Samples)
	for i, ids := range g.all {
		r := generated{Model: g.m.Name, Prompt: generatedPrompt{Text: g.texts[i], IDs: ids, Tokens: g.spell(ids)}}
		scored, err := sampling.Score(g.d, ids, g.logprobs)
		if err != nil {
			return err
		}
		r.Prompt.LogProbs = []any{nil}
		for _, x := range scored.LogProbs {
			r.Prompt.LogProbs = append(r.Prompt.LogProbs, x)
		}
		if g.logprobs > 0 {
			r.Prompt.Top = append([][]topToken{nil}, g.tops(scored.Top)...)
		}
		for _, c := range out[i*n : (i+1)*n] {
			r.Completions = append(r.Completions, g.completion(c, interrupted))
		}
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	return err
}

func (g *generateRun) completion(c sampling.Completion, interrupted bool) generatedCompletion {
	r := generatedCompletion{Text: "", IDs: notNil(c.IDs), Tokens: g.spell(c.IDs), LogProbs: notNil(c.ModelLogProbs), SamplingLogProbs: notNil(c.LogProbs),
		Top: g.tops(c.Top), StopText: c.StopString, Curtailed: c.Curtailed}
	if g.m.Tok != nil {
		r.Text = g.textOf(c)
	}
	switch {
	case c.Stopped:
		r.Finish = "stop"
	case interrupted && len(c.IDs) < g.o.MaxNewTokens:
		r.Finish = "interrupted"
	default:
		r.Finish = "length"
	}
	if c.StopToken >= 0 {
		r.StopID = &c.StopToken
	}
	if g.o.Beam.Width > 0 {
		r.Score = &c.Score
	}
	return r
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// spell is what each token spells.
func (g *generateRun) spell(ids []int32) []string {
	if g.m.Tok == nil {
		return nil
	}
	return g.m.Tok.Tokens(ids)
}

func (g *generateRun) tops(list [][]sampling.TokenLogProb) (out [][]topToken) {
	for _, at := range list {
		row := make([]topToken, len(at))
		for i, t := range at {
			row[i] = topToken{ID: t.ID, LogProb: t.LogProb}
			if g.m.Tok != nil {
				row[i].Token = g.m.Tok.Token(t.ID)
			}
		}
		out = append(out, row)
	}
	return out
}
