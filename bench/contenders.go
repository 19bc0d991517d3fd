package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/bench/internal/child"
	"github.com/surprise-service/surprised/bench/internal/load"
	"github.com/surprise-service/surprised/bench/internal/report"
	"github.com/surprise-service/surprised/bench/internal/workload"
)

// contest has the services and floors that take turns.
type contest struct {
	*field
	shop       *workload.Shop
	requests   []*surprisev1.RecommendRequest // of customers who have been here before
	recommend  load.Calls                     // the same, encoded
	answers    workload.Answers               // of the first service
	redis      string                         // address; empty: there is none
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

// since is how long ago the past delivery of each known customer was.
const since = 100 * 24 * time.Hour

// asked is how many requests show what answers are like.
const asked = workload.Known / 4

// newContest starts all servers.
func newContest(ctx context.Context, f *field) (*contest, error) {
	f.say("start the services, with %d templates", f.opts.templates)
	c := &contest{field: f, shop: workload.New(f.opts.templates)}
	c.requests = c.shop.Requests("known", workload.Known)
	c.recommend = load.Calls{Method: surprisev1.RecommendationService_Recommend_FullMethodName, Repeat: true}
	var err error
	if c.recommend.Bodies, err = workload.Encode(c.requests); err != nil {
		return nil, err
	}
	if err := c.shop.WriteCatalog(f.path("catalog")); err != nil {
		return nil, err
	}
	if c.redis, err = f.startRedis(ctx, "redis-server"); err != nil {
		return nil, err
	}
	return c, c.start(ctx)
}

// start starts the services first, as the floors answer what a service has answered.
func (c *contest) start(ctx context.Context) error {
	stores := map[string]string{"mem": "mem:", "bolt": "bolt:" + c.path("surprised.db"), "redis": "redis://" + c.redis}
	for _, name := range c.opts.stores {
		if name == "redis" && c.redis == "" {
			continue
		}
		if err := c.startService(ctx, name, stores[name]); err != nil {
			return err
		}
	}
	if err := c.startFloors(ctx); err != nil {
		return err
	}
	slices.SortStableFunc(c.contenders, func(a, b *contender) int { return rank(a.name) - rank(b.name) })
	return nil
}

func (c *contest) startService(ctx context.Context, name, store string) error {
	p, err := c.launch(ctx, "surprised-"+name, child.Service, c.path("catalog"), store, c.path(keysFile))
	if err != nil {
		return err
	}
	t, err := c.dial(p, c.key)
	if err != nil {
		return err
	}
	if err := workload.Remember(ctx, t, c.requests, time.Now().Add(-since)); err != nil {
		return fmt.Errorf("%s: %w%s", p.Name(), err, p.Log())
	}
	if c.answers.Typical == nil {
		if c.answers, err = workload.Ask(ctx, t, c.requests[:asked]); err != nil {
			return err
		}
	}
	claims := workload.NewClaims(t, c.shop)
	prepare := func(ctx context.Context, callers int, last load.Result) (load.Calls, error) {
		return claims.Prepare(ctx, workload.Enough(callers, last, c.opts.turn()))
	}
	c.contenders = append(c.contenders, &contender{recommendOn + name, p, t, c.recommends}, &contender{claimOn + name, p, t, prepare})
	return nil
}

// recommends needs no preparation.
func (c *contest) recommends(context.Context, int, load.Result) (load.Calls, error) {
	return c.recommend, nil
}

func (c *contest) startFloors(ctx context.Context) error {
	answer, err := proto.Marshal(c.answers.Typical)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.path("answer"), answer, 0o600); err != nil {
		return err
	}
	if err := c.startFloor(ctx, report.Floor1a, "echo", child.Echo, c.path("answer")); err != nil || c.redis == "" {
		return err
	}
	return c.startFloor(ctx, report.Floor1b, "echo-get", child.EchoGet, c.path("answer"), c.redis)
}

func (c *contest) startFloor(ctx context.Context, name, process string, args ...string) error {
	p, err := c.launch(ctx, process, args...)
	if err != nil {
		return err
	}
	t, err := c.dial(p, "")
	if err == nil {
		c.contenders = append(c.contenders, &contender{name, p, t, c.recommends})
	}
	return err
}

// find returns the contender of a name, or nil.
func (c *contest) find(name string) *contender {
	i := slices.IndexFunc(c.contenders, func(x *contender) bool { return x.name == name })
	if i < 0 {
		return nil
	}
	return c.contenders[i]
}

// on returns a service for parts that need only one: on Redis, where there is one.
func (c *contest) on(call string) *contender {
	for _, store := range []string{"redis", "mem", "bolt"} {
		if x := c.find(call + store); x != nil {
			return x
		}
	}
	return nil
}
