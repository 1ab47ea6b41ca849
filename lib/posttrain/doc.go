// Package posttrain is the trainers: thin loops over objectives, data and optimiser, with the settings and the metric names
// of TRL.
package posttrain
