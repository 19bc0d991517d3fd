package server

import (
	"context"
	"errors"
	"io"
	"runtime"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/recommend"
)

// streamBatch is how many requests of a stream are decided together at most, with one read of the store.
const streamBatch = 64

// arrivals is the end of a stream that its caller writes to, and its answers.
type arrivals = surprisev1.RecommendationService_RecommendStreamServer

// RecommendStream keeps a stream's requests moving:
//
//	receive -> gather groups -> decide, several groups at once -> send in order
//
// While one group waits for the store others are decided, on all processors. A group that is not full goes ahead only if no other such is under way, as
// small segments do in Nagle's algorithm: a slow caller is answered at once, and a fast one does not have its requests decided one by one. All queues are
// bounded: of a caller who does not read, no more requests are taken.
func (s *recommendationServer) RecommendStream(stream arrivals) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	f := newFlow(ctx, s)
	failed := make(chan error, 1)
	go func() {
		defer close(f.arriving)
		failed <- f.receive(stream)
	}()
	go f.gather()
	if err := f.send(stream); err != nil {
		return err
	}
	return <-failed
}

func (f *flow) receive(stream arrivals) error {
	for {
		d := f.server.decisions.getElement(f.server)
		err := stream.RecvMsg(d)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case f.arriving <- d:
		case <-f.ctx.Done():
			return f.ctx.Err()
		}
	}
}

// flow is what is under way on one stream.
type flow struct {
	ctx      context.Context //nolint:containedctx // that of the stream, which lives as long
	server   *recommendationServer
	arriving chan *decision
	// full and early have an element for each group that is being decided. Only one in early may be of any size.
	full, early chan struct{}
	todo        chan *group
	ordered     chan *group
}

// group is some decisions in a row, with their answers when done is closed.
type group struct {
	decisions []*decision
	slot      chan struct{}
	done      chan struct{}
}

func newFlow(ctx context.Context, s *recommendationServer) *flow {
	full := runtime.GOMAXPROCS(0) + 1 // one more than can be decided waits for the store
	return &flow{
		ctx: ctx, server: s, arriving: make(chan *decision, streamBatch),
		full: make(chan struct{}, full), early: make(chan struct{}, 1), todo: make(chan *group), ordered: make(chan *group, full+1),
	}
}

// send sends answers until there are no more, or the stream is over.
func (f *flow) send(stream arrivals) error {
	for g := range f.ordered {
		select {
		case <-g.done:
		case <-f.ctx.Done():
			return nil // receive has the reason
		}
		for _, d := range g.decisions {
			if err := stream.SendMsg(d); err != nil {
				return err
			}
		}
	}
	return nil
}

// gather forms groups and gives them to workers, of which there are no more than were needed at once.
func (f *flow) gather() {
	defer close(f.ordered)
	defer close(f.todo)
	workers := 0
	for g := f.next(); g != nil; g = f.next() {
		select {
		case f.ordered <- g:
		case <-f.ctx.Done():
			return
		}
		select {
		case f.todo <- g:
			continue
		default:
		}
		if workers < cap(f.full)+cap(f.early) {
			workers++
			go f.work()
		}
		f.todo <- g // the group has a slot, so there is a worker for it
	}
}

// next waits for a group that may go ahead. It returns nil at the end of the stream.
func (f *flow) next() *group {
	first, open := <-f.arriving
	if !open {
		return nil
	}
	g := &group{decisions: []*decision{first}, done: make(chan struct{})}
	for open && len(g.decisions) < streamBatch {
		early := f.early
		if len(f.arriving) > 0 {
			early = nil // what is there already goes along
		}
		var d *decision
		select {
		case d, open = <-f.arriving:
			if open {
				g.decisions = append(g.decisions, d)
			}
		case early <- struct{}{}:
			g.slot = early
			return g
		}
	}
	select {
	case f.full <- struct{}{}:
		g.slot = f.full
	case f.early <- struct{}{}:
		g.slot = f.early
	case <-f.ctx.Done():
		return nil
	}
	return g
}

// work decides groups until there are no more.
func (f *flow) work() {
	for g := range f.todo {
		f.server.answer(f.ctx, g.decisions)
		close(g.done)
		<-g.slot
	}
}

// answer decides a group. What is not valid is answered with its error, and so is all that is left if anything panics.
func (s *recommendationServer) answer(ctx context.Context, group []*decision) {
	ctx, cancel := context.WithTimeout(ctx, s.guard.deadline)
	defer cancel()
	err := s.decideValid(ctx, group)
	for _, d := range group {
		if d.answer == nil && d.failed == nil {
			d.encodeElement(recommend.Result{Err: err})
		}
	}
}

// decideValid decides those that are valid, and answers all. The error is that of a panic.
func (s *recommendationServer) decideValid(ctx context.Context, group []*decision) (err error) {
	defer s.guard.recover(&err)
	valid := make([]*surprisev1.RecommendRequest, 0, len(group))
	of := make([]*decision, 0, len(group))
	for _, d := range group {
		if err := s.checkElement(ctx, d.element); err != nil {
			d.encodeElement(recommend.Result{Err: err})
			continue
		}
		valid, of = append(valid, d.request), append(of, d)
	}
	if len(valid) > 0 {
		s.decider.BatchTo(ctx, valid, func(i int, res recommend.Result) { of[i].encodeElement(res) })
	}
	return nil
}

func (s *recommendationServer) checkElement(ctx context.Context, element *surprisev1.RecommendStreamRequest) error {
	if err := s.guard.check(element); err != nil {
		return err
	}
	return s.mayHaveTime(ctx, element.GetRequest())
}

func (s *recommendationServer) element(requestID string, res recommend.Result) *surprisev1.RecommendStreamResponse {
	out := &surprisev1.RecommendStreamResponse{RequestId: requestID}
	if res.Err != nil {
		err := s.guard.finish("RecommendStream/element", s.guard.clock(), res.Err)
		out.Result = &surprisev1.RecommendStreamResponse_Error{Error: streamError(toStatus(err, time.Time{}))}
		return out
	}
	s.count(res.Response)
	out.Result = &surprisev1.RecommendStreamResponse_Response{Response: res.Response}
	return out
}
