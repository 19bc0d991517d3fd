package redisstore_test

import (
	"testing"
	"time"

	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
)

func TestTime(t *testing.T) {
	s := open(t, ledgertest.Redis(t), redisstore.Options{})
	before := time.Now().Truncate(time.Microsecond)
	got, err := s.Time(t.Context())
	if after := time.Now(); err != nil || got.Before(before) || got.After(after) {
		t.Errorf("Redis's time on this machine: got %s, error %v, want one from %s to %s", got, err, before, after)
	}
}
