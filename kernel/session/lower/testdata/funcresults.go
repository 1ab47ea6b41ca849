package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// Functions that compiled functions return, kept in variables that are assigned to again.
var global = http.StripPrefix("/a", nil).(http.HandlerFunc)

var twice func()

func globals() {
	twice = sync.OnceFunc(func() { fmt.Println("global once") })
	k := twice
	twice = k
	twice()
	k()
}

func main() {
	globals()
	once := sync.OnceFunc(func() { fmt.Println("once") })
	kept := once
	once = func() { fmt.Println("other") }
	once()
	once = kept
	once()
	once()
	again := once
	once = again
	once()

	_, cancel := context.WithCancel(context.Background())
	stop := cancel
	cancel = func() { fmt.Println("mine") }
	cancel()
	cancel = stop
	cancel()

	h := global
	global = http.StripPrefix("/b", nil).(http.HandlerFunc)
	global = h
	fmt.Println(global != nil)

	if value := sync.OnceFunc(func() { fmt.Println("value") }); value != nil {
		other := value
		value = other
		value()
		other()
	}
	var split bufio.SplitFunc = bufio.ScanWords
	s := bufio.NewScanner(strings.NewReader("a b"))
	s.Split(split)
	for s.Scan() {
		fmt.Println(s.Text())
	}
}
