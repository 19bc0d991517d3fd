//go:build faults

package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// pauseEnv has the step of a change at which this build stops for ever, to be killed there: STEP, or STEP:N for the N-th time that it gets there.
// The steps are those of package ledger.
const pauseEnv = "SURPRISED_PAUSE_AT"

// pauseAt says "paused at STEP" when it has stopped. Only the call that got there stops.
func pauseAt(stderr io.Writer) func(step string) {
	signal.Ignore(syscall.SIGXFSZ) // so that a bound on the size of files is an error, as a full disk is, and not the end
	at, nth, found := strings.Cut(os.Getenv(pauseEnv), ":")
	left := atomic.Int64{}
	left.Store(1)
	if n, err := strconv.ParseInt(nth, 10, 64); found && err == nil {
		left.Store(n)
	}
	return func(step string) {
		if step == at && left.Add(-1) == 0 {
			fmt.Fprintln(stderr, "paused at", step)
			select {}
		}
	}
}
