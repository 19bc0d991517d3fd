package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"

	"github.com/surprise-service/surprised/internal/config"
	"github.com/surprise-service/surprised/internal/server"
	"github.com/surprise-service/surprised/internal/telemetry"
)

// App is the running service. It is started once and stopped once.
type App struct {
	cfg     config.Config
	log     *zap.Logger
	metrics *telemetry.Metrics
	engine  *Engine
	server  *server.Server
	web     *http.Server
	admin   *http.Server
	addrs   Addrs
	step    func(name string)

	cancel context.CancelFunc // ends the background work
	wait   sync.WaitGroup
	failed chan error
}

// Addrs are the addresses that the service listens on; empty where a listener is off.
type Addrs struct{ GRPC, HTTP, Admin string }

// Option is what a test may add to an App.
type Option func(*App)

// WithStep sets EngineOptions.Step.
func WithStep(step func(name string)) Option { return func(a *App) { a.step = step } }

// Start opens the store and the listeners, and returns when the service answers. It also sets how often the process collects garbage, as
// long as the environment does not say so with GOGC.
func Start(ctx context.Context, cfg config.Config, log *zap.Logger, opts ...Option) (_ *App, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	var gc gcTuner
	gc.begin()
	a := &App{cfg: cfg, log: log, metrics: telemetry.NewMetrics(), failed: make(chan error, 8)}
	for _, opt := range opts {
		opt(a)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
		}
	}()
	if err := a.open(ctx); err != nil {
		return nil, err
	}
	if err := a.listen(); err != nil {
		return nil, err
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.cancel = cancel
	a.background(background)
	debug.FreeOSMemory()
	a.every(background, tuneGCEvery, "tune the garbage collector", func(context.Context) error { gc.tune(); return nil })
	a.server.SetServing(true)
	return a, nil
}

func (a *App) open(ctx context.Context) error {
	offerKeys, err := readOfferKeys(a.cfg.OfferKeyFile)
	if err != nil {
		return err
	}
	warn := func(msg string) { a.log.Warn(msg) }
	a.engine, err = NewEngine(ctx, EngineOptions{CatalogDir: a.cfg.CatalogDir, Store: a.cfg.Store, Tenant: a.cfg.Tenant, Durability: a.cfg.Durability, OfferKeys: offerKeys, Warn: warn, Step: a.step})
	if err != nil {
		return err
	}
	keys, err := readAPIKeys(a.cfg.APIKeysFile)
	if err != nil {
		return err
	}
	tlsConfig, err := a.tls()
	if err != nil {
		return err
	}
	a.server, err = server.New(server.Options{
		Decider: a.engine.Recommender, Granter: a.engine.Recommender, Ledger: a.engine.Ledger, Catalog: a.engine.Catalog, Wishes: a.engine.Wishes,
		Log: a.log, Metrics: a.metrics,
		Clock: time.Now, Deadline: a.cfg.Deadline, Keys: keys, TLS: tlsConfig,
	})
	return err
}

func (a *App) tls() (*tls.Config, error) {
	if a.cfg.TLSCert == "" {
		return nil, nil //nolint:nilnil // no TLS is a choice
	}
	pair, err := tls.LoadX509KeyPair(a.cfg.TLSCert, a.cfg.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}, nil
}

// listen opens all listeners before the first one answers, so that a port in use leaves nothing half started.
func (a *App) listen() error {
	grpcListener, err := listen("--grpc-addr", a.cfg.GRPCAddr)
	if err != nil {
		return err
	}
	httpListener, err := listen("--http-addr", a.cfg.HTTPAddr)
	if err != nil {
		return errors.Join(err, grpcListener.Close())
	}
	adminListener, err := listen("--admin-addr", a.cfg.AdminAddr)
	if err != nil {
		return errors.Join(err, closeListener(grpcListener), closeListener(httpListener))
	}
	a.addrs = Addrs{GRPC: address(grpcListener), HTTP: address(httpListener), Admin: address(adminListener)}
	a.run("gRPC", func() error { return a.server.ServeGRPC(grpcListener) })
	a.run("the HTTP mirror", a.server.ServeMirror)
	if err := a.serveHTTP(httpListener); err != nil {
		return err
	}
	if adminListener != nil {
		a.admin = newHTTPServer(a.adminHandler())
		a.run("admin", func() error { return a.admin.Serve(adminListener) })
	}
	return nil
}

func (a *App) serveHTTP(l net.Listener) error {
	if l == nil {
		return nil
	}
	handler, err := a.server.Handler(context.Background())
	if err != nil {
		return err
	}
	a.web = newHTTPServer(handler)
	if a.web.TLSConfig, err = a.tls(); err != nil {
		return err
	}
	a.run("HTTP", func() error {
		if a.web.TLSConfig != nil {
			return a.web.ServeTLS(l, "", "")
		}
		return a.web.Serve(l)
	})
	return nil
}

// newHTTPServer returns a server whose streams end when its shutdown begins: Shutdown itself would wait for their clients.
func newHTTPServer(h http.Handler) *http.Server {
	stop, begin := context.WithCancel(context.Background())
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return server.StreamsUntil(stop) }}
	s.RegisterOnShutdown(begin)
	return s
}

// listen opens one address; none for an empty one.
func listen(flag, addr string) (net.Listener, error) {
	if addr == "" {
		return nil, nil //nolint:nilnil // switched off
	}
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s: %s is in use by another process; stop it, or choose another address (port 0 takes a free one)", flag, addr)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return l, nil
}

func closeListener(l net.Listener) error {
	if l == nil {
		return nil
	}
	return l.Close()
}

func address(l net.Listener) string {
	if l == nil {
		return ""
	}
	return l.Addr().String()
}

// run serves in the background; the first listener that fails ends the service.
func (a *App) run(what string, serve func() error) {
	a.wait.Go(func() {
		if err := serve(); err != nil && !errors.Is(err, http.ErrServerClosed) {
			a.failed <- fmt.Errorf("%s: %w", what, err)
		}
	})
}

// Addrs returns where the service listens.
func (a *App) Addrs() Addrs { return a.addrs }

// Engine returns what decides behind the service.
func (a *App) Engine() *Engine { return a.engine }

// Failed delivers the error of a listener that gave up.
func (a *App) Failed() <-chan error { return a.failed }

// Reload swaps a new version of the catalogue's folder in. A broken one changes nothing, nor does one that is not read by the time the context ends.
func (a *App) Reload(ctx context.Context) error {
	if err := a.engine.Reload(ctx); err != nil {
		return err
	}
	debug.FreeOSMemory() // reading makes many times the garbage of what is kept
	a.log.Info("catalogue reloaded", zap.String("revision", a.engine.Catalog().Revision), zap.Int("templates", len(a.engine.Catalog().Templates)))
	return nil
}

// Stop lets calls that are under way finish until the context ends, and closes the store.
func (a *App) Stop(ctx context.Context) error {
	var errs []error
	if a.cancel != nil {
		a.cancel()
	}
	for _, web := range []*http.Server{a.web, a.admin} {
		if web != nil {
			errs = append(errs, shutdown(ctx, web))
		}
	}
	if a.server != nil {
		a.server.Stop(ctx)
	}
	a.wait.Wait()
	if a.engine != nil {
		errs = append(errs, a.engine.Close())
	}
	return errors.Join(errs...)
}

// shutdown cuts off who is still there when the time is over. That is what the time is for, and no error.
func shutdown(ctx context.Context, web *http.Server) error {
	err := web.Shutdown(ctx)
	if err != nil && ctx.Err() != nil {
		return web.Close()
	}
	return err
}

func readAPIKeys(file string) (server.Keys, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // no keys is a choice
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("--api-keys: %w", err)
	}
	keys, err := server.ParseKeys(string(text))
	if err != nil {
		return nil, fmt.Errorf("--api-keys: %s: %w", file, err)
	}
	return keys, nil
}
