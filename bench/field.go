package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/bench/internal/child"
	"github.com/surprise-service/surprised/bench/internal/load"
	"github.com/surprise-service/surprised/bench/internal/report"
	"github.com/surprise-service/surprised/bench/internal/workload"
)

// field has everything that takes part: the servers, and who contends with what.
type field struct {
	opts       options
	dir        string // all that is written stands below it
	customers  workload.Customers
	requests   []*surprisev1.RecommendRequest // of customers who have been here before
	recommend  load.Calls                     // the same, encoded
	answer     *surprisev1.RecommendResponse  // a typical one
	leftOut    string
	processes  []*child.Process // in the order of their start
	targets    []*load.Target
	contenders []*contender
}

// contender is one server with one kind of calls.
type contender struct {
	name   string
	server *child.Process
	target *load.Target
	// calls prepares a turn, outside the measurement; last is the turn before with as many callers.
	calls func(ctx context.Context, callers int, last load.Result) (load.Calls, error)
}

const (
	// visitsEach is how many customers are made of each example.
	visitsEach = 20
	// since is how long ago the past delivery of each of them was.
	since = 100 * 24 * time.Hour
)

// newField starts all servers. With an error it may return a field to close.
func newField(ctx context.Context, opts options) (*field, error) {
	customers, err := workload.ReadCustomers(filepath.Join(opts.examples, "customers.jsonl"))
	if err != nil {
		return nil, err
	}
	f := &field{opts: opts, customers: customers, requests: customers.Requests("known", visitsEach*len(customers))}
	f.recommend = load.Calls{Method: surprisev1.RecommendationService_Recommend_FullMethodName, Repeat: true}
	if f.recommend.Bodies, err = workload.Encode(f.requests); err != nil {
		return nil, err
	}
	if f.dir, err = os.MkdirTemp("", "surprised-bench-"); err != nil {
		return nil, err
	}
	if err := workload.RoomyCatalog(filepath.Join(opts.examples, "catalog"), f.path("catalog")); err != nil {
		return f, err
	}
	return f, f.start(ctx)
}

func (f *field) path(name string) string { return filepath.Join(f.dir, name) }

// start starts the services first, as the floors answer what a service has answered.
func (f *field) start(ctx context.Context) error {
	redis, err := f.startRedis("redis-server")
	if err != nil {
		return err
	}
	stores := [][2]string{{"mem", "mem:"}, {"bolt", "bolt:" + f.path("surprised.db")}}
	if redis != "" {
		stores = append(stores, [2]string{"redis", "redis://" + redis})
	}
	for _, s := range stores {
		if err := f.startService(ctx, s[0], s[1]); err != nil {
			return err
		}
	}
	if err := f.startFloors(redis); err != nil {
		return err
	}
	slices.SortStableFunc(f.contenders, func(a, b *contender) int { return rank(a.name) - rank(b.name) })
	return nil
}

// startRedis returns the address of a Redis of our own, or nothing where there is no redis-server.
func (f *field) startRedis(name string) (string, error) {
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		f.leftOut = "floors 1b, 2a and 2b and the rows on redis are left out: there is no redis-server (apt-get install redis-server, or brew install redis)"
		return "", nil //nolint:nilerr // the rest can be measured all the same
	}
	p, err := f.launch(name, child.Redis, binary, f.dir)
	if err != nil {
		return "", err
	}
	return p.Addrs.Main, nil
}

func (f *field) startService(ctx context.Context, name, store string) error {
	p, err := f.launch("surprised-"+name, child.Service, f.path("catalog"), store)
	if err != nil {
		return err
	}
	t, err := f.dial(p)
	if err != nil {
		return err
	}
	if err := workload.Remember(ctx, t, f.requests, time.Now().Add(-since)); err != nil {
		return fmt.Errorf("%s: %w%s", p.Name(), err, p.Log())
	}
	if f.answer == nil {
		if f.answer, err = workload.Typical(ctx, t, f.requests); err != nil {
			return err
		}
	}
	claims, err := workload.NewClaims(ctx, t, f.customers)
	if err != nil {
		return err
	}
	prepare := func(ctx context.Context, callers int, last load.Result) (load.Calls, error) {
		return claims.Prepare(ctx, workload.Enough(callers, last, f.opts.turn()))
	}
	f.contenders = append(f.contenders, &contender{recommendOn + name, p, t, f.recommends}, &contender{claimOn + name, p, t, prepare})
	return nil
}

// recommends needs no preparation.
func (f *field) recommends(context.Context, int, load.Result) (load.Calls, error) {
	return f.recommend, nil
}

func (f *field) startFloors(redis string) error {
	answer, err := proto.Marshal(f.answer)
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.path("answer"), answer, 0o600); err != nil {
		return err
	}
	if err := f.startFloor(report.Floor1a, "echo", child.Echo, f.path("answer")); err != nil || redis == "" {
		return err
	}
	return f.startFloor(report.Floor1b, "echo-get", child.EchoGet, f.path("answer"), redis)
}

func (f *field) startFloor(name, process string, args ...string) error {
	p, err := f.launch(process, args...)
	if err != nil {
		return err
	}
	t, err := f.dial(p)
	if err == nil {
		f.contenders = append(f.contenders, &contender{name, p, t, f.recommends})
	}
	return err
}

func (f *field) launch(name string, args ...string) (*child.Process, error) {
	p, err := child.Start(f.dir, name, args...)
	if err == nil {
		f.processes = append(f.processes, p)
	}
	return p, err
}

func (f *field) dial(p *child.Process) (*load.Target, error) {
	t, err := load.Dial(p.Addrs.Main, p.PID())
	if err == nil {
		f.targets = append(f.targets, t)
	}
	return t, err
}

// close stops all servers, those first that were started last, and removes what they wrote.
func (f *field) close() error {
	var errs []error
	for _, t := range f.targets {
		t.Close()
	}
	for _, p := range slices.Backward(f.processes) {
		errs = append(errs, p.Stop())
	}
	return errors.Join(append(errs, os.RemoveAll(f.dir))...)
}
