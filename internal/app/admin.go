package app

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/pprof"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/surprise-service/surprised/internal/offer"
)

// adminHandler serves metrics, health and profiles. It is for operators only and has no keys: keep it on loopback.
func (a *App) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.Registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", a.ready)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// ready says whether the store can be reached.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	if err := a.engine.Store.Ping(ctx); err != nil {
		http.Error(w, "the store cannot be reached", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// readOfferKeys reads keys in hex, one on a line; none for no file.
func readOfferKeys(file string) ([][]byte, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("--offer-key-file: %w", err)
	}
	var keys [][]byte
	for i, line := range strings.Fields(string(text)) {
		key, err := hex.DecodeString(line)
		if err != nil || len(key) < offer.MinKeyLen {
			return nil, fmt.Errorf("--offer-key-file: key %d of %s is not %d bytes in hex; make one with: openssl rand -hex 32", i+1, file, offer.MinKeyLen)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("--offer-key-file: %s has no key; make one with: openssl rand -hex 32", file)
	}
	return keys, nil
}
