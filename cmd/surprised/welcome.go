package main

import (
	"fmt"
	"strings"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/config"
)

// welcome tells where the service answers, and gives a first call that returns an offer.
func welcome(a *app.App, cfg config.Config, now time.Time) string {
	cat, addrs := a.Engine().Catalog(), a.Addrs()
	var b strings.Builder
	fmt.Fprintf(&b, "surprised %s: %d templates from %s (revision %s), ledger in %s\n\n", version, len(cat.Templates), cfg.CatalogDir, cat.Revision, withoutPassword(cfg.Store))
	fmt.Fprintf(&b, "  gRPC       %s\n", addrs.GRPC)
	scheme := "http"
	if cfg.TLSCert != "" {
		scheme = "https"
	}
	if addrs.HTTP != "" {
		fmt.Fprintf(&b, "  HTTP/JSON  %s://%s   (all paths: /openapi.json)\n", scheme, addrs.HTTP)
	}
	if addrs.Admin != "" {
		fmt.Fprintf(&b, "  admin      http://%s   (/metrics, /healthz, /readyz, /debug/pprof/)\n", addrs.Admin)
	}
	if addrs.HTTP != "" && cfg.APIKeysFile == "" {
		fmt.Fprintf(&b, "\nTry it: somebody has a birthday today.\n\n%s\n\n", firstCall(cat, scheme+"://"+addrs.HTTP, now))
	}
	return b.String()
}

// withoutPassword keeps the secrets of a store's URL off the screen.
func withoutPassword(store string) string {
	scheme, rest, ok := strings.Cut(store, "://")
	if _, host, secret := strings.Cut(rest, "@"); ok && secret {
		return scheme + "://***@" + host
	}
	return store
}

// firstCall is a request of a customer whom nobody has surprised yet and whose birthday is today, at the best stage for it.
func firstCall(cat *catalog.Catalog, base string, now time.Time) string {
	today := now.In(cat.Location)
	journey, stage, channel := firstStage(cat)
	where := fmt.Sprintf(`"stage":%q,"channel":%q,"store":"taipei-1"`, stage, channel)
	if len(cat.JourneyIDs()) > 1 {
		where = fmt.Sprintf(`"journey":%q,`, journey) + where
	}
	body := fmt.Sprintf(`{"customer":{"id":"guest-%x","displayName":"Mei","birthday":{"month":%d,"day":%d}},"moment":{%s}}`,
		now.UnixMilli()&0xffffff, today.Month(), today.Day(), where)
	return fmt.Sprintf("curl -s %s/v1/recommendations -d '%s'", base, body)
}

// firstStage returns the weightiest stage at which a birthday is celebrated, else the first stage there is.
func firstStage(cat *catalog.Catalog) (journey, stage string, channel surprisev1.Channel) {
	journey, channel = cat.JourneyIDs()[0], surprisev1.Channel_POS
	stage = cat.Journey(journey).Stages[0].ID
	best := 0.0
	for _, id := range cat.JourneyIDs() {
		for _, s := range cat.Journey(id).Stages {
			if s.Weight > best && celebrated(cat, s) {
				journey, stage, best = id, s.ID, s.Weight
			}
		}
	}
	return journey, stage, channel
}

func celebrated(cat *catalog.Catalog, s *catalog.Stage) bool {
	for _, t := range cat.Templates {
		if t.Occasion != nil && t.OnStage(s) && t.OnChannel(surprisev1.Channel_POS) {
			return true
		}
	}
	return false
}
