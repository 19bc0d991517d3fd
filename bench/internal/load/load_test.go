package load_test

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/surprise-service/surprised/bench/internal/load"
)

func TestCPU(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the CPU time of a process can be told on Linux only")
	}
	before, err := load.CPU(os.Getpid())
	if err != nil || before <= 0 {
		t.Fatalf("got %v, %v", before, err)
	}
	for start := time.Now(); time.Since(start) < 20*time.Millisecond; {
	}
	after, err := load.CPU(os.Getpid())
	if used := after - before; err != nil || used < time.Millisecond || used > 20*time.Second {
		t.Errorf("20 ms of work: got %v, %v", used, err)
	}
	if _, err := load.CPU(1<<22 + 1); err == nil {
		t.Error("a process that is not there: got no error")
	}
}
