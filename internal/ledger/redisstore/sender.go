package redisstore

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// sender sends scripts to one Redis, each once. A caller alone uses a connection of its own, just as without a sender. Of many at once, those that arrive
// while others are under way go together in one pipeline, which spares both sides most of the work of reading and writing.
//
// What is shared is the connection and nothing else: each command has its own answer. A caller leaves when its context ends; a command that was not sent
// until then never is, of one that was, the outcome is unknown.
type sender struct {
	// exec sends commands over one connection, and returns when each has its answer or an error of its own.
	exec func(ctx context.Context, cmds []redis.Cmder)
	max  int // connections at once, as many as the client may have

	mu sync.Mutex
	// The rest is guarded by mu. lanes are the connections in use; slow are those among them that have waited for an answer for long.
	lanes, slow int
	waiting     []*parcel
}

const (
	// quickLanes is how many connections there are as long as answers come soon: more of them would only make the pipelines shorter.
	quickLanes = 2
	// slowAfter is when a connection counts as slow. Others no longer wait behind it, so that one that hangs delays nobody by more.
	slowAfter = 20 * time.Millisecond
	// maxParcels bounds a pipeline, and so how long its first command waits for the answer of the last.
	maxParcels = 64
)

// parcel is a command on its way.
type parcel struct {
	ctx  context.Context //nolint:containedctx // that of the caller, who may be gone before the command is sent
	cmd  onceCmd         // of a caller who left before it was sent, empty; guarded by the sender's mu until it is sent
	sent bool            // guarded by the sender's mu
	done chan struct{}   // closed when the command has its answer
}

func newSender(client *redis.Client) *sender {
	exec := func(ctx context.Context, cmds []redis.Cmder) {
		if len(cmds) == 1 {
			_ = client.Process(ctx, cmds[0]) // the command has its error, here and below
			return
		}
		pipe := client.Pipeline()
		_ = pipe.BatchProcess(ctx, cmds...)
		_, _ = pipe.Exec(ctx)
	}
	return &sender{exec: exec, max: max(client.Options().PoolSize, quickLanes)}
}

// process sends a command and waits for its answer. Where it returns ctx's error, the command is not the caller's to read.
func (s *sender) process(ctx context.Context, cmd onceCmd) error {
	s.mu.Lock()
	if s.lanes == 0 {
		s.lanes++
		s.mu.Unlock()
		return s.alone(ctx, cmd)
	}
	p := &parcel{ctx: ctx, cmd: cmd, done: make(chan struct{})}
	s.waiting = append(s.waiting, p)
	s.open()
	s.mu.Unlock()
	select {
	case <-p.done:
		return cmd.Err()
	case <-ctx.Done():
		s.leave(p)
		return ctx.Err()
	}
}

// leave lets go of what was not sent yet.
func (s *sender) leave(p *parcel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !p.sent {
		p.cmd = onceCmd{}
	}
}

// alone sends a command within the caller's time, on a lane that is counted already.
func (s *sender) alone(ctx context.Context, cmd onceCmd) error {
	ended := s.begin()
	defer func() {
		ended()
		s.mu.Lock()
		s.lanes--
		s.open()
		s.mu.Unlock()
	}()
	s.exec(ctx, []redis.Cmder{cmd})
	return cmd.Err()
}

// open begins with another connection if somebody waits and there may be one more. It needs mu.
func (s *sender) open() {
	if len(s.waiting) > 0 && s.lanes < s.max && s.lanes-s.slow < quickLanes {
		s.lanes++
		go s.run()
	}
}

// run sends what waits until nothing does. Its lane is counted already.
func (s *sender) run() {
	for batch := s.take(); len(batch) > 0; batch = s.take() {
		ended := s.begin()
		s.send(batch)
		ended()
	}
}

// take returns what waits, as much as goes into one pipeline. With nothing, or with lanes enough besides, it closes the lane.
func (s *sender) take() (batch []*parcel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > 0 && len(batch) < maxParcels && s.lanes-s.slow <= quickLanes {
		if p := s.waiting[0]; p.ctx.Err() == nil && p.cmd.Cmd != nil {
			p.sent = true
			batch = append(batch, p)
		}
		s.waiting[0] = nil
		s.waiting = s.waiting[1:]
	}
	if len(batch) == 0 {
		s.lanes--
	}
	return batch
}

// send returns when all commands have their answers, or with the last deadline of their callers. Each caller looks after its own time.
func (s *sender) send(batch []*parcel) {
	ctx, cancel := lastDeadline(len(batch), func(i int) context.Context { return batch[i].ctx })
	defer cancel()
	cmds := make([]redis.Cmder, len(batch))
	for i, p := range batch {
		cmds[i] = p.cmd
	}
	s.exec(ctx, cmds)
	for _, p := range batch {
		close(p.done)
	}
}

// begin has a lane count as slow if it is not ended soon.
func (s *sender) begin() (ended func()) {
	over, late := false, false // guarded by mu
	timer := time.AfterFunc(slowAfter, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !over {
			late = true
			s.slow++
			s.open()
		}
	})
	return func() {
		timer.Stop()
		s.mu.Lock()
		defer s.mu.Unlock()
		over = true
		if late {
			s.slow--
		}
	}
}
