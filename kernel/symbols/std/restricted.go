package std

import (
	"fmt"
	"log"
	"time"
)

// An Exit is what a cell panics with when it asks the process to end. The kernel ends the cell and lives on.
type Exit struct{ Code int }

// Error says what the cell asked for.
func (e Exit) Error() string { return fmt.Sprintf("exit status %d", e.Code) }

func osExit(code int) { panic(Exit{code}) }

func logFatal(v ...any)            { log.Output(2, fmt.Sprint(v...)); osExit(1) }
func logFatalf(f string, v ...any) { log.Output(2, fmt.Sprintf(f, v...)); osExit(1) }
func logFatalln(v ...any)          { log.Output(2, fmt.Sprintln(v...)); osExit(1) }

// Sleep is what time.Sleep does in a cell. The session replaces it by one that an interrupt ends.
var Sleep = time.Sleep

func timeSleep(d time.Duration) { Sleep(d) }
