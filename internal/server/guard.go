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
	needs    map[string]Permission // by method
	deadline time.Duration
	clock    func() time.Time
}

func (g *guard) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
	start := g.clock()
	defer func() { err = g.finish(info.FullMethod, start, err) }()
	defer g.recover(&err)
	ctx, cancel := context.WithTimeout(ctx, g.deadline)
	defer cancel()
	if ctx, err = g.authorize(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	if err = g.check(req); err != nil {
		return nil, err
	}
	return handler(ctx, req)
}

// check validates a request against the rules of its proto.
func (g *guard) check(req any) error {
	m, ok := req.(proto.Message)
	if !ok {
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
	method, took := path.Base(fullMethod), g.clock().Sub(start)
	if err == nil {
		g.metrics.Call(method, codes.OK.String(), "", took)
		g.log.Debug("call", zap.String("method", method), zap.Duration("took", took))
		return nil
	}
	st := toStatus(err, g.clock())
	reason := reasonOf(st)
	g.metrics.Call(method, st.Code().String(), reason, took)
	fields := []zap.Field{zap.String("method", method), zap.Stringer("code", st.Code()), zap.String("reason", reason), zap.Duration("took", took)}
	switch st.Code() {
	case codes.Internal, codes.Unknown, codes.Unavailable, codes.DataLoss, codes.DeadlineExceeded:
		g.log.Error("call failed", append(fields, zap.Error(err))...)
	default:
		g.log.Debug("call refused", fields...)
	}
	return st.Err()
}
