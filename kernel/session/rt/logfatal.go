package rt

import (
	"fmt"
	"log"
	"os"
	"sync/atomic"
)

// onFatal ends a cell whose logger has written its last words.
var onFatal atomic.Pointer[func()]

// OnFatal sets what the methods Fatal, Fatalf and Fatalln of a log.Logger do after writing; without it they end the process.
func OnFatal(f func()) { onFatal.Store(&f) }

func fatal(l *log.Logger, text string) {
	l.Output(3, text)
	if f := onFatal.Load(); f != nil {
		(*f)()
	}
	os.Exit(1)
}

// LogFatal is l.Fatal in a cell, which ends the cell and not the process.
func LogFatal(l *log.Logger, v ...any) { fatal(l, fmt.Sprint(v...)) }

// LogFatalf is l.Fatalf.
func LogFatalf(l *log.Logger, format string, v ...any) { fatal(l, fmt.Sprintf(format, v...)) }

// LogFatalln is l.Fatalln.
func LogFatalln(l *log.Logger, v ...any) { fatal(l, fmt.Sprintln(v...)) }
