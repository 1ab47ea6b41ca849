//go:build !linux

package labtest

import "os/exec"

func endWithTests(*exec.Cmd) {}
