package script

import (
	"context"
	"encoding/csv"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/surprise-service/surprised/bench/internal/load"
)

// benchmark has redis-benchmark, which binary names, send a command n times from so many clients. Flags of it may stand before the command.
func benchmark(ctx context.Context, binary, addr string, clients, n int, command ...string) (load.Result, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return load.Result{}, err
	}
	args := append([]string{"-h", host, "-p", port, "-c", strconv.Itoa(clients), "-n", strconv.Itoa(n), "--csv"}, command...)
	out, err := exec.CommandContext(ctx, binary, args...).Output() //nolint:gosec // the operator's own
	if err != nil {
		return load.Result{}, fmt.Errorf("%s: %w", binary, err)
	}
	return read(string(out), n)
}

// read reads what redis-benchmark prints with --csv: a line of names, and one of values.
func read(text string, n int) (load.Result, error) {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(lines) != 2 {
		return load.Result{}, fmt.Errorf("redis-benchmark printed %q; it must be of Redis 6.2 or later", text)
	}
	value := func(name string) float64 {
		i := slices.Index(lines[0], name)
		if i < 0 {
			return 0
		}
		x, _ := strconv.ParseFloat(lines[1][i], 64) // none is 0
		return x
	}
	rate := value("rps")
	if !(rate > 0) {
		return load.Result{}, fmt.Errorf("redis-benchmark printed no rate: %q", text)
	}
	millis := func(name string) time.Duration { return time.Duration(value(name) * float64(time.Millisecond)) }
	took := time.Duration(float64(n) / rate * float64(time.Second))
	return load.Result{Calls: n, Took: took, P50: millis("p50_latency_ms"), P99: millis("p99_latency_ms")}, nil
}
