package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/surprise-service/surprised/bench/internal/load"
)

const (
	profileCallers = 64
	profileSeconds = 5
)

// profile has a service tell where its CPU time goes, by its admin listener, while Recommend is under load.
func (c *contest) profile(ctx context.Context, file string) error {
	x := c.on(recommendOn)
	loaded := make(chan error, 1)
	go func() {
		_, err := x.turn(ctx, profileCallers, load.Result{}, (profileSeconds+1)*time.Second)
		loaded <- err
	}()
	text, err := fetch(ctx, fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", x.server.Addrs.Admin, profileSeconds))
	if err := <-loaded; err != nil {
		return err
	}
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("--profile: %w", err)
	}
	return nil
}

func fetch(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, res.Status)
	}
	return io.ReadAll(io.LimitReader(res.Body, 64<<20))
}
