//go:build tools

package main

import (
	_ "github.com/chromedp/chromedp"
	_ "github.com/go-zeromq/zmq4"
	_ "github.com/nikolalohinski/gonja/v2"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/traefik/yaegi/interp"
	_ "golang.org/x/image/font"
	_ "golang.org/x/sys/cpu"
	_ "golang.org/x/sys/unix"
	_ "golang.org/x/tools/go/gcexportdata"
	_ "golang.org/x/tools/go/packages"
	_ "gonum.org/v1/gonum/blas/gonum"
	_ "gonum.org/v1/plot"
)
