package posttrain

import (
	"maps"
	"slices"
	"strings"
)

// A DPOLoss says what a loss of DPO looks at.
type DPOLoss struct {
	Divergence bool   // f-divergences change it
	Smoothing  bool   // LabelSmoothing acts on it
	Function   string // in package lossfn
}

// DPOLosses are the losses of DPO by TRL's names.
var DPOLosses = map[string]DPOLoss{
	"sigmoid": {Divergence: true, Function: "DPO"}, "hinge": {Divergence: true, Function: "Hinge"}, "ipo": {Divergence: true, Function: "IPO"},
	"exo_pair": {Divergence: true, Smoothing: true, Function: "EXO"}, "nca_pair": {Function: "NCA"}, "robust": {Divergence: true, Smoothing: true, Function: "Robust"},
	"bco_pair": {Function: "BCOPair"}, "sppo_hard": {Function: "SPPO"}, "aot": {Smoothing: true, Function: "AOT"},
	"aot_unpaired": {Smoothing: true, Function: "AOTUnpaired"}, "apo_zero": {Function: "APOZero"}, "apo_down": {Function: "APODown"},
	"discopop": {Divergence: true, Function: "DiscoPOP"}, "sft": {Divergence: true, Function: "SFTFromNLL"}, "sigmoid_norm": {Divergence: true, Function: "NormalizedDPO"},
}

func lossNames() string { return strings.Join(slices.Sorted(maps.Keys(DPOLosses)), ", ") }
