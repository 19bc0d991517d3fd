package child

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/bench/internal/load"
	"github.com/surprise-service/surprised/bench/internal/workload"
	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/recommend"
	"github.com/surprise-service/surprised/internal/wire"
)

// BatchTurn is a turn of a batch.
type BatchTurn struct {
	For time.Duration
}

// BatchRound is what was decided in a turn.
type BatchRound struct {
	Decisions int
	Took      time.Duration
	// CPU is that of the process, without that of Redis.
	CPU time.Duration
}

// groupSize is how many requests are decided together: their records are loaded in one round trip.
const groupSize = 64

// startBatch opens the engine of the service, and has the requests ready as bytes: decoding them is part of the work.
func startBatch(ctx context.Context, args []string) (*server, error) {
	templates, err := strconv.Atoi(args[2])
	if err != nil {
		return nil, fmt.Errorf("%s: %q is not a number of templates", Batch, args[2])
	}
	bodies, err := workload.Encode(workload.New(templates).Requests("known", workload.Known))
	if err != nil {
		return nil, err
	}
	e, err := app.NewEngine(ctx, app.EngineOptions{CatalogDir: args[0], Store: args[1]})
	if err != nil {
		return nil, err
	}
	return answering(func(t BatchTurn) (any, error) { return decide(ctx, e, bodies, t.For) }, e.Close), nil
}

// decide has a worker on each processor decide for one group after the other.
func decide(ctx context.Context, e *app.Engine, bodies [][]byte, d time.Duration) (BatchRound, error) {
	if err := e.Headroom.Refresh(ctx); err != nil {
		return BatchRound{}, err
	}
	before, err := load.CPU(0)
	if err != nil {
		return BatchRound{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	start := time.Now()
	var next, done atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			w := worker{engine: e, bodies: bodies}
			for time.Since(start) < d && ctx.Err() == nil {
				if err := w.decide(ctx, int(next.Add(1))*groupSize); err != nil {
					cancel(err)
				}
				done.Add(groupSize)
			}
		})
	}
	wait.Wait()
	took := time.Since(start)
	after, err := load.CPU(0)
	if err == nil {
		err = context.Cause(ctx)
	}
	return BatchRound{Decisions: int(done.Load()), Took: took, CPU: after - before}, err
}

// worker decides groups of requests. It keeps the room of their messages, as the service does.
type worker struct {
	engine   *app.Engine
	bodies   [][]byte
	rooms    [groupSize]wire.Request
	requests [groupSize]*surprisev1.RecommendRequest
	answer   []byte
}

// decide goes from the bytes of requests to those of answers.
func (w *worker) decide(ctx context.Context, first int) (err error) {
	for i := range w.requests {
		var ok bool
		if w.requests[i], ok = w.rooms[i].Read(string(w.bodies[(first+i)%len(w.bodies)])); !ok {
			return errors.New("a request is not read as the service reads it")
		}
	}
	w.engine.Recommender.BatchTo(ctx, w.requests[:], func(_ int, r recommend.Result) {
		if r.Err != nil {
			err = r.Err
			return
		}
		var ok bool
		if w.answer, ok = wire.AppendResponse(w.answer[:0], r.Response); !ok {
			err = errors.New("an answer is not written as the service writes it")
		}
	})
	return err
}
