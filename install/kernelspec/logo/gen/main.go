// Command gen draws logo-64x64.png and logo-32x32.png from the same shapes as logo-svg.svg.
// Run it in the folder of package logo: go generate ./install/kernelspec/logo
package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"strconv"
	"strings"

	"golang.org/x/image/vector"
)

// svg is the part of SVG that the logo uses: one rounded square and paths of M, L, H, V and Z.
type svg struct {
	Rect struct {
		Width  float32 `xml:"width,attr"`
		Radius float32 `xml:"rx,attr"`
		Fill   string  `xml:"fill,attr"`
	} `xml:"rect"`
	Paths []struct {
		D    string `xml:"d,attr"`
		Fill string `xml:"fill,attr"`
	} `xml:"path"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	source, err := os.ReadFile("logo-svg.svg")
	if err != nil {
		return err
	}
	var s svg
	if err := xml.Unmarshal(source, &s); err != nil {
		return err
	}
	for _, size := range []int{64, 32} {
		var b bytes.Buffer
		if err := png.Encode(&b, s.render(size)); err != nil {
			return err
		}
		if err := os.WriteFile(fmt.Sprintf("logo-%dx%d.png", size, size), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (s svg) render(size int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	k := float32(size) / s.Rect.Width
	r := vector.NewRasterizer(size, size)
	square(r, float32(size), s.Rect.Radius*k)
	fill(img, r, s.Rect.Fill)
	for _, p := range s.Paths {
		r.Reset(size, size)
		trace(r, p.D, k)
		fill(img, r, p.Fill)
	}
	return img
}

// square draws a square with round corners; a quarter circle is one cubic curve with the usual factor.
func square(r *vector.Rasterizer, n, rx float32) {
	c := rx * (1 - 0.5523)
	r.MoveTo(rx, 0)
	r.LineTo(n-rx, 0)
	r.CubeTo(n-c, 0, n, c, n, rx)
	r.LineTo(n, n-rx)
	r.CubeTo(n, n-c, n-c, n, n-rx, n)
	r.LineTo(rx, n)
	r.CubeTo(c, n, 0, n-c, 0, n-rx)
	r.LineTo(0, rx)
	r.CubeTo(0, c, c, 0, rx, 0)
	r.ClosePath()
}

// trace draws an SVG path of absolute M, L, H, V and Z commands.
func trace(r *vector.Rasterizer, d string, k float32) {
	for _, c := range "MLHVZ" {
		d = strings.ReplaceAll(d, string(c), " "+string(c)+" ")
	}
	words := strings.Fields(d)
	next := func() float32 {
		f, err := strconv.ParseFloat(words[0], 32)
		if err != nil {
			panic(err)
		}
		words = words[1:]
		return float32(f) * k
	}
	var x, y float32
	for len(words) > 0 {
		c := words[0]
		words = words[1:]
		switch c {
		case "M":
			x, y = next(), next()
			r.MoveTo(x, y)
		case "L":
			x, y = next(), next()
			r.LineTo(x, y)
		case "H":
			x = next()
			r.LineTo(x, y)
		case "V":
			y = next()
			r.LineTo(x, y)
		case "Z":
			r.ClosePath()
		}
	}
}

func fill(img draw.Image, r *vector.Rasterizer, hex string) {
	v, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil {
		panic(err)
	}
	c := color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}
	r.Draw(img, img.Bounds(), image.NewUniform(c), image.Point{})
}
