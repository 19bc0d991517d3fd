package load

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// CPU returns the user and system time that a process has used so far. It reads the clock of that process, as
// clock_getcpuclockid(3) names it: exact, where /proc/PID/stat counts in hundredths of a second.
func CPU(pid int) (time.Duration, error) {
	const scheduler = 2 // CPUCLOCK_SCHED
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduler), &t); err != nil { //nolint:gosec // process numbers have 22 bits
		return 0, fmt.Errorf("cpu time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}
