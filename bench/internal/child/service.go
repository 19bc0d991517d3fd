package child

import (
	"context"
	"os"
	"time"
	_ "time/tzdata" // as the service's own binary does

	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/config"
	"github.com/surprise-service/surprised/internal/telemetry"
)

// Reload has the service read its catalogue again.
type Reload struct{}

// startService starts the service as `surprised serve` does, on free ports, with a file of API keys.
func startService(ctx context.Context, args []string) (*server, error) {
	cfg := config.Default()
	cfg.CatalogDir, cfg.Store, cfg.APIKeysFile = args[0], args[1], args[2]
	cfg.GRPCAddr, cfg.HTTPAddr, cfg.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	cfg.Deadline = time.Minute // on a busy machine it is slow rather than refused
	log, err := telemetry.NewLogger(os.Stderr, cfg.LogLevel, cfg.LogFormat)
	if err != nil {
		return nil, err
	}
	a, err := app.Start(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	stop := func() error {
		ctx, cancel := context.WithTimeout(ctx, stopTimeout/2)
		defer cancel()
		return a.Stop(ctx)
	}
	s := answering(func(Reload) (any, error) {
		start := time.Now()
		err := a.Reload(ctx)
		return time.Since(start), err
	}, stop)
	s.addrs, s.failed = Addrs{Main: a.Addrs().GRPC, Admin: a.Addrs().Admin}, a.Failed()
	return s, nil
}
