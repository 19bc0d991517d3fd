package server

import (
	"context"
	"fmt"
	"path"
	"runtime/debug"
	"time"

	"buf.build/go/protovalidate"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/surprise-service/surprised/internal/surprise"
	"github.com/surprise-service/surprised/internal/telemetry"
)

// guard stands in front of every method, for gRPC and HTTP alike: it recovers from panics, counts and logs, authorizes, imposes a
// deadline, validates, and turns errors into statuses.
type guard struct {
	log      *zap.Logger
	metrics  *telemetry.Metrics
	validate protovalidate.Validator
	keys     Keys
	local    *Caller
	methods  map[string]*method // by full name
	deadline time.Duration
	clock    func() time.Time
}

// method is what the guard knows of a method.
type method struct {
	needs Permission
	calls *telemetry.Calls
}

// methods returns the methods that are offered.
func methods(metrics *telemetry.Metrics) map[string]*method {
	out := map[string]*method{}
	for fullName, may := range needs() {
		out[fullName] = &method{needs: may, calls: metrics.Method(path.Base(fullName))}
	}
	return out
}

func (g *guard) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
	start := g.clock()
	defer func() { err = g.finish(info.FullMethod, start, err) }()
	defer g.recover(&err)
	ctx, cancel := g.bound(ctx)
	defer cancel()
	if ctx, err = g.authorize(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	if err = g.check(req); err != nil {
		return nil, err
	}
	return handler(ctx, req)
}

// bound imposes the deadline on a call. A caller's own that is sooner is kept by gRPC, which also ends the context when the call does.
func (g *guard) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if own, ok := ctx.Deadline(); ok && time.Until(own) <= g.deadline {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, g.deadline)
}

// check validates a request against the rules of its proto.
func (g *guard) check(req any) error {
	m, ok := req.(proto.Message)
	if !ok || surelyValid(m) {
		return nil
	}
	if err := undecodable(m); err != nil {
		return err
	}
	return g.validate.Validate(m)
}

// stream does the same for streams, whose elements are checked one by one by their handlers. They may take longer than one call.
func (g *guard) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	start := g.clock()
	defer func() { err = g.finish(info.FullMethod, start, err) }()
	defer g.recover(&err)
	ctx, err := g.authorize(ss.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	return handler(srv, &authorizedStream{ServerStream: ss, ctx: ctx})
}

type authorizedStream struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // the interface asks for it
}

func (s *authorizedStream) Context() context.Context { return s.ctx }

// recover turns a panic into an error, with the stack for the log only.
func (g *guard) recover(err *error) {
	if p := recover(); p != nil {
		g.metrics.Panic()
		*err = &surprise.Error{Reason: surprise.Internal, Message: "an internal error; it is in the service's log", Err: fmt.Errorf("panic: %v\n%s", p, debug.Stack())}
	}
}

// finish counts and logs a call, and returns its error as a status.
func (g *guard) finish(fullMethod string, start time.Time, err error) error {
	took, calls := g.clock().Sub(start), g.calls(fullMethod)
	if err == nil {
		calls.Answered(took)
		if entry := g.log.Check(zap.DebugLevel, "call"); entry != nil { // fields cost an allocation
			entry.Write(zap.String("method", calls.Name()), zap.Duration("took", took))
		}
		return nil
	}
	st := toStatus(err, g.clock())
	reason := reasonOf(st)
	calls.Refused(st.Code().String(), reason, took)
	fields := []zap.Field{zap.String("method", calls.Name()), zap.Stringer("code", st.Code()), zap.String("reason", reason), zap.Duration("took", took)}
	switch st.Code() {
	case codes.Internal, codes.Unknown, codes.Unavailable, codes.DataLoss, codes.DeadlineExceeded:
		g.log.Error("call failed", append(fields, zap.Error(err))...)
	default:
		g.log.Debug("call refused", fields...)
	}
	return st.Err()
}

// calls returns what counts a method, offered or not.
func (g *guard) calls(fullMethod string) *telemetry.Calls {
	if m := g.methods[fullMethod]; m != nil {
		return m.calls
	}
	return g.metrics.Method(path.Base(fullMethod))
}
