package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"testing/fstest"
	"time"
)

type handler struct{ n atomic.Int32 }

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.n.Add(1)
	w.Header().Set("X-Path", r.URL.Path)
	if r.URL.Path == "/no" {
		http.Error(w, "nope", http.StatusTeapot)
		return
	}
	fmt.Fprintf(w, "hello %s", r.URL.Query().Get("name"))
}

type upper struct{ r io.Reader }

func (u upper) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	copy(p, strings.ToUpper(string(p[:n])))
	return n, err
}

type byLen []string

func (b byLen) Len() int           { return len(b) }
func (b byLen) Less(i, j int) bool { return len(b[i]) < len(b[j]) }
func (b byLen) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

func main() {
	h := &handler{}
	srv := httptest.NewServer(h)
	defer srv.Close()
	for _, p := range []string{"/yes?name=go", "/no"} {
		resp, err := http.Get(srv.URL + p)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		fmt.Println(resp.StatusCode, resp.Header.Get("X-Path"), strings.TrimSpace(string(body)))
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "item ", r.PathValue("id")) })
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, httptest.NewRequest("GET", "/items/7", nil))
	fmt.Println(rec.Code, rec.Body.String(), h.n.Load())

	dir, err := os.MkdirTemp("", "cells")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "a.txt")
	fmt.Println(os.WriteFile(file, []byte("line 1\nline 2\n"), 0o600))
	f, err := os.Open(file)
	sc := bufio.NewScanner(upper{f})
	for sc.Scan() {
		fmt.Println(sc.Text())
	}
	f.Close()
	_, err = os.Open(filepath.Join(dir, "missing"))
	var pe *fs.PathError
	fmt.Println(errors.Is(err, fs.ErrNotExist), errors.As(err, &pe), pe.Op)
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error { fmt.Println(d.IsDir()); return nil })
	mfs := fstest.MapFS{"d/x.go": {Data: []byte("x")}}
	m, _ := fs.Glob(mfs, "d/*.go")
	fmt.Println(m, path.Base("a/b.c"), filepath.Ext("x.go"))

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	select {
	case <-ctx.Done():
		fmt.Println(ctx.Err(), errors.Is(ctx.Err(), context.DeadlineExceeded))
	case <-time.After(10 * time.Second):
		fmt.Println("late")
	}
	ctx = context.WithValue(context.Background(), "k", 5)
	fmt.Println(ctx.Value("k"))
	d, _ := time.ParseDuration("1h15m")
	at := time.Date(2026, time.March, 14, 15, 9, 26, 0, time.UTC)
	fmt.Println(d, at.Add(d).Format(time.RFC3339), at.Weekday(), at.YearDay(), at.Sub(at.AddDate(0, -1, 0)))

	var mu sync.RWMutex
	var wg sync.WaitGroup
	total := 0
	for i := range 20 {
		wg.Go(func() { mu.Lock(); total += i; mu.Unlock() })
	}
	wg.Wait()
	var sm sync.Map
	sm.Store("a", 1)
	v, ok := sm.Load("a")
	pool := sync.Pool{New: func() any { return "new" }}
	fmt.Println(total, v, ok, pool.Get())

	log.SetFlags(0)
	log.SetOutput(os.Stdout)
	log.Println("logged")
	l := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	l.Info("msg", "n", 1, slog.Group("g", slog.String("s", "x")))
	set := flag.NewFlagSet("x", flag.ContinueOnError)
	n := set.Int("n", 1, "count")
	fmt.Println(set.Parse([]string{"-n", "4", "rest"}), *n, set.Args())
	u, _ := url.Parse("https://u@h:8080/p?q=1#f")
	fmt.Println(u.Host, u.Port(), u.Query(), u.Fragment, netip.MustParseAddr("10.0.0.1").IsPrivate(), net.ParseIP("::1"))
	words := byLen{"ccc", "a", "bb"}
	sort.Sort(sort.Reverse(words))
	fmt.Println(words, runtime.NumGoroutine() > 0)
	t := reflect.TypeOf(Opt{})
	for i := range t.NumField() {
		fmt.Print(t.Field(i).Name, " ", t.Field(i).Tag.Get("cfg"), " ")
	}
	rv := reflect.ValueOf(&Opt{A: 1}).Elem()
	rv.Field(0).SetInt(7)
	fmt.Println(rv.Interface(), rv.NumMethod(), rv.Addr().MethodByName("Sum").Call(nil)[0])
	pr, pw := io.Pipe()
	go func() { fmt.Fprint(pw, "piped"); pw.Close() }()
	data, _ := io.ReadAll(io.TeeReader(io.LimitReader(pr, 3), io.Discard))
	fmt.Println(string(data), errors.Join(io.EOF, io.ErrUnexpectedEOF))
}

type Opt struct {
	A int    `cfg:"a"`
	B string `cfg:"b"`
}

func (o *Opt) Sum() int { return o.A + len(o.B) }
