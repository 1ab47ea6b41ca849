//go:build unix

package main

import "syscall"

// hangup is the signal of a terminal that was closed.
const hangup = syscall.SIGHUP
