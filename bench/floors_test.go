package main

import (
	"context"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/surprise-service/surprised/bench/internal/engine"
	"github.com/surprise-service/surprised/bench/internal/script"
)

// engineOnRedis returns an engine on a Redis of its own, the address of that, and redis-benchmark.
func engineOnRedis(t *testing.T) (e *engine.Engine, redis, binary string) {
	t.Helper()
	binary, err := exec.LookPath("redis-benchmark")
	if err != nil || !hasRedis() {
		t.Skip("needs redis-server and redis-benchmark")
	}
	t.Setenv("TMPDIR", t.TempDir())
	f, err := newField(options{}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.close() })
	if redis, err = f.startRedis(t.Context(), "redis"); err != nil {
		t.Fatal(err)
	}
	if e, err = engine.Open(t.Context(), "redis://"+redis, "bench"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e, redis, binary
}

// TestReplay has redis-benchmark make claims that the ledger then knows of.
func TestReplay(t *testing.T) {
	e, redis, binary := engineOnRedis(t)
	stage := script.NewStage(redis, binary, engine.Customers)
	for kind, want := range map[engine.Kind]int64{engine.Hot: 300, engine.Spread: 0} {
		claims, err := record(t.Context(), e, stage, kind)
		if err != nil {
			t.Fatal(err)
		}
		before, err := e.Taken(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if res, err := replay(t.Context(), claims, 300); err != nil || res.Calls != 300 || res.Took <= 0 {
			t.Errorf("%s: got %+v, %v", kind, res, err)
		}
		// Two claims in a hundred thousand have the same names.
		if after, err := e.Taken(t.Context()); err != nil || after-before > want || after-before < want-3 {
			t.Errorf("%s: got %d units of the hot limit, %v, want %d", kind, after-before, err, want)
		}
	}
}

// TestReplayRefused does not take for claims what Redis refuses: all have the same few names.
func TestReplayRefused(t *testing.T) {
	e, redis, binary := engineOnRedis(t)
	claims, err := record(t.Context(), e, script.NewStage(redis, binary, 2), engine.Hot)
	if err != nil {
		t.Fatal(err)
	}
	res, err := claims[0].Benchmark(t.Context(), speedCallers, 300)
	if err == nil || !strings.Contains(err.Error(), "carried out only") {
		t.Errorf("got %+v, %v, want an error", res, err)
	}
}

// TestRecordOnce refuses a claim that can't be made twice: none of its names was told.
func TestRecordOnce(t *testing.T) {
	e, redis, binary := engineOnRedis(t)
	samples, err := e.Samples(t.Context(), engine.Hot)
	if err != nil {
		t.Fatal(err)
	}
	claim := func(ctx context.Context) error { return e.Claim(ctx, samples[0].Request) }
	if r, err := script.NewStage(redis, binary, engine.Customers).Record(t.Context(), nil, claim); err == nil {
		t.Errorf("got %+v, want an error", r)
	}
}
