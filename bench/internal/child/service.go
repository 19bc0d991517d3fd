package child

import (
	"context"
	"os"
	_ "time/tzdata" // as the service's own binary does

	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/config"
	"github.com/surprise-service/surprised/internal/telemetry"
)

// startService starts the service as `surprised serve` does, on free ports.
func startService(ctx context.Context, args []string) (*server, error) {
	cfg := config.Default()
	cfg.CatalogDir, cfg.Store = args[0], args[1]
	cfg.GRPCAddr, cfg.HTTPAddr, cfg.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
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
	return &server{addrs: Addrs{Main: a.Addrs().GRPC, Admin: a.Addrs().Admin}, failed: a.Failed(), stop: stop}, nil
}
