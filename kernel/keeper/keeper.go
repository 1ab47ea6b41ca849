//go:build unix

package keeper

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// init keeps a kernel before the tables of symbols are made, which the keeper does not need: it is up in a few milliseconds.
func init() {
	if len(os.Args) > 1 && os.Args[1] == "kernel" && os.Getenv(worker) == "" {
		os.Exit(keep())
	}
}

const (
	crashTime = 3 * time.Second // how long the report of a crash may take
	lastReads = 2 * time.Second // how long what a dead kernel wrote may take to be read, and others may go on writing
	mostTries = 3               // how often a kernel may die that nobody has asked anything
)

// keep starts the kernel, and again when it dies, until it ends on purpose. It returns the exit status of the process.
func keep() int {
	runtime.LockOSThread() // the kernel ends with the thread that starts it: the first, which lives as long as the process
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	gone := orphaned()
	var last Obituary
	for idle := 0; ; {
		k, err := start(last)
		if err != nil {
			fmt.Fprintf(os.Stderr, "lyceum kernel: the process of the kernel cannot be started: %v\n", err)
			return 1
		}
		k.guard(signals, gone)
		k.mu.Lock() // for good: a process that the kernel left behind may still hold the pipe
		if k.bye || !k.ready {
			return k.status()
		}
		w := readLedger(k.ledger)
		k.ledger.Close()
		if idle++; w.asked {
			idle = 0
		}
		last = Obituary{Reason: cmp.Or(fatal(append([]byte(w.fatal), k.said(&k.crash)...)), traced(k.said(&k.stack)), k.reason()), Count: max(w.count, last.Count), Waiting: w.waiting}
		fmt.Fprintf(os.Stderr, "lyceum kernel: the process of the kernel died: %s\n", last.Reason)
		if idle >= mostTries {
			return 1
		}
	}
}

// orphaned is closed when the client that started the kernel is gone (JPY_PARENT_PID; 1 means nobody).
func orphaned() <-chan struct{} {
	gone := make(chan struct{})
	pid, err := strconv.Atoi(os.Getenv("JPY_PARENT_PID"))
	if err != nil || pid <= 1 {
		return gone
	}
	first := os.Getppid()
	go func() {
		for os.Getppid() == first {
			time.Sleep(300 * time.Millisecond)
		}
		close(gone)
	}()
	return gone
}

// child is a kernel that runs.
type child struct {
	cmd     *exec.Cmd
	life    *os.File      // the kernel ends when this is closed
	exited  chan struct{} // the process is gone
	ended   chan struct{} // and what it wrote is read
	oom     int           // processes that the system had killed for want of memory, before
	crash   bytes.Buffer
	stack   bytes.Buffer // the beginning of what the runtime says of a crash
	reading sync.Mutex   // for crash and stack
	errors  *os.File     // what the kernel writes on its descriptor 2 and does not read back itself
	ledger  *os.File     // what it has not answered

	mu    sync.Mutex // for what follows: the kernel reports while signals come
	ready bool
	bye   bool
}

func start(last Obituary) (*child, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var files []*os.File // read and write ends: life, report, crash, errors
	for range 4 {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		files = append(files, r, w)
	}
	book, err := nameless()
	if err != nil {
		return nil, err
	}
	k := &child{cmd: exec.Command(exe, os.Args[1:]...), life: files[1], exited: make(chan struct{}), ended: make(chan struct{}), oom: killedForMemory(), errors: files[6], ledger: book}
	k.cmd.SysProcAttr = endsWithKeeper()
	k.cmd.Env = append(os.Environ(), worker+"=1")
	k.cmd.Stdin, k.cmd.Stdout, k.cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	k.cmd.ExtraFiles = []*os.File{files[0], files[3], files[5], files[6], files[7], book}
	err = k.cmd.Start()
	for _, f := range []*os.File{files[0], files[3], files[5], files[7]} {
		f.Close()
	}
	if err != nil {
		return nil, err
	}
	read := make(chan struct{}, 2)
	go func() { k.listen(files[2]); read <- struct{}{} }()
	go func() { k.watchCrash(files[4]); read <- struct{}{} }()
	go func() {
		defer close(k.ended)
		json.NewEncoder(k.life).Encode(last)
		k.cmd.Wait()
		close(k.exited)
		// What the kernel wrote is read to its end; a process that it left behind may hold the pipes open.
		late := time.After(lastReads)
		for range 2 {
			select {
			case <-read:
			case <-late:
				return
			}
		}
	}()
	return k, nil
}

// guard passes signals on until the kernel has ended.
func (k *child) guard(signals <-chan os.Signal, gone <-chan struct{}) {
	for {
		select {
		case <-k.ended:
			k.life.Close()
			k.lastErrors()
			return
		case s := <-signals:
			if s != os.Interrupt {
				k.end()
			}
			k.cmd.Process.Signal(s)
		case <-gone:
			gone = nil
			k.end()
			k.cmd.Process.Signal(syscall.SIGTERM)
		}
	}
}

// watchCrash waits for the report that Go's runtime makes of a crash. The runtime writes the same to descriptor 2, where the
// kernel itself reads no more: the keeper must, or the kernel would hang with a full pipe.
func (k *child) watchCrash(r *os.File) {
	var first [1]byte
	if n, _ := r.Read(first[:]); n > 0 {
		time.AfterFunc(crashTime, func() { k.cmd.Process.Kill() })
		go k.readErrors()
		stack := make([]byte, 64<<10)
		n, _ := io.ReadFull(r, stack)
		k.reading.Lock()
		k.stack.Write(stack[:n])
		k.reading.Unlock()
	} else {
		k.relieve()
	}
	io.Copy(io.Discard, r)
}

// relieve serves a kernel whose cell has closed the pipes between it and the keeper (a loop over all descriptors): the runtime
// finds its own descriptors gone, reports that, and would wait for ever in a full pipe that nobody reads.
func (k *child) relieve() {
	const unread = 5 // looks at a pipe from which nothing is taken
	last, same := 0, 0
	for {
		select {
		case <-k.exited:
			return
		case <-time.After(100 * time.Millisecond):
		}
		n := waitingIn(k.errors)
		if n == 0 || n != last {
			last, same = n, 0
		} else if same++; same == unread {
			k.readErrors()
			return
		}
	}
}

// waitingIn is how many bytes wait in a pipe.
func waitingIn(pipe *os.File) (n int) {
	c, err := pipe.SyscallConn()
	if err != nil {
		return 0
	}
	c.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), fionread) })
	return n
}

// readErrors keeps the beginning of what is written on descriptor 2.
func (k *child) readErrors() {
	k.reading.Lock()
	defer k.reading.Unlock()
	io.Copy(&k.crash, io.LimitReader(k.errors, 1<<20))
	io.Copy(io.Discard, k.errors)
}

// lastErrors reads what a kernel that has ended wrote on descriptor 2. It is all in the pipe by then, so an empty pipe is the
// end, also where a process that the kernel left behind holds the pipe open.
func (k *child) lastErrors() {
	read := make(chan struct{})
	go func() { k.readErrors(); close(read) }()
	for end := time.Now().Add(lastReads); waitingIn(k.errors) > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	k.errors.SetReadDeadline(time.Now())
	<-read
	k.errors.Close()
}

// said is what was read of a crash so far.
func (k *child) said(b *bytes.Buffer) []byte {
	k.reading.Lock()
	defer k.reading.Unlock()
	return bytes.Clone(b.Bytes())
}

// end makes sure that a kernel that was asked to end does.
func (k *child) end() {
	k.mu.Lock()
	k.bye = true
	k.mu.Unlock()
	time.AfterFunc(4*time.Second, func() { k.cmd.Process.Kill() })
}

// listen takes the reports of the kernel.
func (k *child) listen(r io.Reader) {
	lines := bufio.NewReader(r)
	for {
		b, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var m report
		if json.Unmarshal(b, &m) != nil {
			continue
		}
		k.take(m)
	}
}

func (k *child) take(m report) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ready, k.bye = k.ready || m.Ready, k.bye || m.Bye
}

func (k *child) status() int {
	if s := k.cmd.ProcessState; s != nil && s.ExitCode() >= 0 {
		return s.ExitCode()
	}
	return 1
}
