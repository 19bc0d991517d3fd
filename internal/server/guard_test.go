package server

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
	"github.com/surprise-service/surprised/internal/telemetry"
)

func newGuard(t testing.TB, deadline time.Duration, log *zap.Logger) *guard {
	t.Helper()
	m := telemetry.NewMetrics()
	return &guard{log: log, metrics: m, validate: validator(t), methods: methods(m), deadline: deadline, clock: time.Now, local: NewCaller("local", AllPermissions()...)}
}

// TestBound imposes the deadline of the service, and keeps a caller's own that is sooner.
func TestBound(t *testing.T) {
	g := newGuard(t, time.Minute, zap.NewNop())
	for name, own := range map[string]time.Duration{"none": 0, "sooner": time.Second, "later": time.Hour, "over": -time.Second} {
		ctx, want := t.Context(), time.Now().Add(time.Minute)
		if own != 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, own)
			defer cancel()
			want = time.Now().Add(min(own, time.Minute))
		}
		bound, end := g.bound(ctx)
		got, ok := bound.Deadline()
		if late := got.Sub(want); !ok || late < -time.Second || late > time.Second {
			t.Errorf("%s: got %v, %v, want %v", name, got, ok, want)
		}
		if expired := errors.Is(bound.Err(), context.DeadlineExceeded); expired != (own < 0) {
			t.Errorf("%s: got %v", name, bound.Err())
		}
		end()
	}
}

// TestCallsEndAtTheDeadline whoever sets it.
func TestCallsEndAtTheDeadline(t *testing.T) {
	info := &grpc.UnaryServerInfo{FullMethod: surprisev1.RecommendationService_Recommend_FullMethodName}
	until := func(ctx context.Context, _ any) (any, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for name, durations := range map[string][2]time.Duration{"the service's": {20 * time.Millisecond, time.Hour}, "the caller's": {time.Hour, 20 * time.Millisecond}} {
		ctx, cancel := context.WithTimeout(t.Context(), durations[1])
		defer cancel()
		_, err := newGuard(t, durations[0], zap.NewNop()).unary(ctx, quickly()[0], info, until)
		if status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestCallsAreLogged at the level that they deserve, with their fields.
func TestCallsAreLogged(t *testing.T) {
	core, logs := observer.New(zap.DebugLevel)
	g := newGuard(t, time.Minute, zap.New(core))
	for _, tc := range []struct {
		err   error
		level string
		code  any
	}{
		{nil, "debug", nil},
		{surprise.Errorf(surprise.OfferInvalid, "no"), "debug", "InvalidArgument"},
		{errors.New("broken"), "error", "Internal"},
	} {
		_ = g.finish(surprisev1.RecommendationService_Recommend_FullMethodName, time.Now(), tc.err)
		got := logs.TakeAll()
		if len(got) != 1 {
			t.Fatalf("%v: got %d entries", tc.err, len(got))
		}
		fields := got[0].ContextMap()
		if got[0].Level.String() != tc.level || fields["method"] != "Recommend" || fields["code"] != tc.code || fields["took"] == nil {
			t.Errorf("%v: got %v, %v", tc.err, got[0].Level, fields)
		}
	}
}

// TestAllocationsOfTheGuard holds what stands before every decision: a deadline, and its end.
func TestAllocationsOfTheGuard(t *testing.T) {
	g, req := newGuard(t, time.Minute, zap.NewNop()), quickly()[0]
	info := &grpc.UnaryServerInfo{FullMethod: surprisev1.RecommendationService_Recommend_FullMethodName}
	answer := func(context.Context, any) (any, error) { return req, nil }
	call := func() {
		if _, err := g.unary(t.Context(), req, info, answer); err != nil {
			t.Error(err)
		}
	}
	if got := testing.AllocsPerRun(100, call); got > 4 {
		t.Errorf("got %v allocations, want those of context.WithTimeout, at most 4", got)
	}
}
