// Package server offers the API over gRPC and, as its mirror, over HTTP/JSON. Both go through the same guard: the mirror is a client of
// the gRPC server over a connection in memory.
package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"time"

	"buf.build/go/protovalidate"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/test/bufconn"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/telemetry"
	"github.com/surprise-service/surprised/internal/wish"
)

// Limits of what a caller may send. gRPC's own defaults are looser.
const (
	MaxMessageSize = 4 << 20
	maxHeaderSize  = 8 << 10
	maxStreams     = 1000
	// streamWorkers is how many goroutines wait for calls: more than callers mostly are, and not so many that each is cold when its turn comes.
	streamWorkers = 128
)

// Options has what a Server works with. All but Keys and TLS are required.
type Options struct {
	Decider Decider
	Granter Granter
	Ledger  *ledger.Ledger
	Catalog func() *catalog.Catalog
	// Wishes finds what wishes are about, by the catalogue in force.
	Wishes   func() *wish.Matcher
	Log      *zap.Logger
	Metrics  *telemetry.Metrics
	Clock    func() time.Time
	Deadline time.Duration
	// Keys knows the callers. Nil: everybody is the local caller and may do everything.
	Keys Keys
	// TLS for the gRPC listener. Nil: plaintext.
	TLS *tls.Config
}

// Server is the API on any number of listeners.
type Server struct {
	outside *grpc.Server // for gRPC callers
	inside  *grpc.Server // for the HTTP mirror: the same services, without TLS
	pipe    *bufconn.Listener
	client  *grpc.ClientConn
	health  *health.Server
	guard   *guard
	// stopping is done when Stop begins: streams that would never end by themselves end then.
	stopping context.Context //nolint:containedctx // that of the service, not of a call
	stop     context.CancelFunc
}

// New returns a server that does not listen yet.
func New(opts Options) (*Server, error) {
	validator, err := protovalidate.New(protovalidate.WithMessages(requests()...))
	if err != nil {
		return nil, fmt.Errorf("server: compile validation rules: %w", err)
	}
	s := &Server{health: health.NewServer(), pipe: bufconn.Listen(1 << 20)}
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.guard = &guard{log: opts.Log, metrics: opts.Metrics, validate: validator, keys: opts.Keys, deadline: opts.Deadline, clock: opts.Clock,
		local: NewCaller("local", AllPermissions()...), methods: methods(opts.Metrics)}
	s.outside = s.newGRPC(opts, opts.TLS, forStrangers()...)
	s.inside = s.newGRPC(opts, nil)
	s.client, err = grpc.NewClient("passthrough:///mirror", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return s.pipe.DialContext(ctx) }),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		return nil, fmt.Errorf("server: connect the mirror: %w", err)
	}
	return s, nil
}

// forStrangers bounds what one connection from outside may hold. The mirror's own connection carries all HTTP callers.
func forStrangers() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: 30 * time.Minute, MaxConnectionAgeGrace: 30 * time.Second, Time: 2 * time.Minute}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 30 * time.Second, PermitWithoutStream: true}),
	}
}

func (s *Server) newGRPC(opts Options, tlsConfig *tls.Config, more ...grpc.ServerOption) *grpc.Server {
	c := newCodec()
	options := []grpc.ServerOption{
		grpc.UnaryInterceptor(s.guard.unary), grpc.StreamInterceptor(s.guard.stream), grpc.ForceServerCodecV2(c),
		grpc.MaxRecvMsgSize(MaxMessageSize), grpc.MaxHeaderListSize(maxHeaderSize),
		grpc.ConnectionTimeout(10 * time.Second),
		// Goroutines that are kept have grown their stacks already: a quarter of the CPU of a call otherwise goes into that.
		grpc.NumStreamWorkers(streamWorkers),
	}
	options = append(options, more...)
	if tlsConfig != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(tlsConfig)))
	}
	g := grpc.NewServer(options...)
	s.register(g, opts, c)
	healthpb.RegisterHealthServer(g, s.health)
	reflection.Register(g)
	return g
}

func (s *Server) register(g *grpc.Server, opts Options, c codec) {
	recommendations := newRecommendationServer(s.guard, opts.Decider, c)
	g.RegisterService(recommendations.description(), recommendations)
	surprisev1.RegisterClaimServiceServer(g, &claimServer{ledger: opts.Ledger})
	surprisev1.RegisterCatalogServiceServer(g, &catalogServer{current: opts.Catalog})
	surprisev1.RegisterWishServiceServer(g, &wishServer{ledger: opts.Ledger, matcher: opts.Wishes, granter: opts.Granter})
	surprisev1.RegisterCardServiceServer(g, &cardServer{ledger: opts.Ledger, catalog: opts.Catalog, clock: opts.Clock})
	surprisev1.RegisterInventoryServiceServer(g, &inventoryServer{ledger: opts.Ledger, granter: opts.Granter})
	surprisev1.RegisterCustomerServiceServer(g, &customerServer{ledger: opts.Ledger})
	surprisev1.RegisterOutcomeServiceServer(g, &outcomeServer{ledger: opts.Ledger})
	surprisev1.RegisterReportServiceServer(g, &reportServer{ledger: opts.Ledger})
	surprisev1.RegisterEventServiceServer(g, &eventServer{guard: s.guard, ledger: opts.Ledger, stopping: s.stopping})
}

// ServeGRPC answers on a listener until Stop.
func (s *Server) ServeGRPC(l net.Listener) error { return s.outside.Serve(l) }

// ServeMirror answers the HTTP mirror until Stop. It must run for the Handler to work.
func (s *Server) ServeMirror() error { return s.inside.Serve(s.pipe) }

// SetServing tells health checks whether the service can answer.
func (s *Server) SetServing(ok bool) {
	state := healthpb.HealthCheckResponse_NOT_SERVING
	if ok {
		state = healthpb.HealthCheckResponse_SERVING
	}
	s.health.SetServingStatus("", state)
	for name := range s.outside.GetServiceInfo() {
		if strings.HasPrefix(name, domain+".") { // health and reflection are not ours to speak for
			s.health.SetServingStatus(name, state)
		}
	}
}

// Stop lets calls that are under way finish, until the context ends. Watchers are told to go on elsewhere.
func (s *Server) Stop(ctx context.Context) {
	s.health.Shutdown()
	s.stop()
	done := make(chan struct{})
	go func() {
		s.outside.GracefulStop()
		s.inside.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		s.outside.Stop()
		s.inside.Stop()
		<-done
	}
	_ = s.client.Close() // nothing of ours is left on it
}
