package main

import "syscall"

// hangup is the signal of a terminal that was closed; Windows sends a termination instead.
const hangup = syscall.SIGTERM
