package e2e

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
)

// TestOldData opens stores that the first release wrote: a claim that is held, one that is confirmed and one that the customer refused.
func TestOldData(t *testing.T) {
	stores := map[string]func(t *testing.T) string{
		"bolt": func(t *testing.T) string { return "bolt:" + unpack(t, "bolt.db", "old.db") },
		"redis": func(t *testing.T) string {
			return ledgertest.Redis(t, "--dir", filepath.Dir(unpack(t, "redis.rdb", "dump.rdb"))) + "/0"
		},
	}
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			s := start(t, store(t), "../../examples/catalog")
			if got := s.only("old-confirmed"); got.GetState() != surprisev1.ClaimState_CONFIRMED || got.GetMemoryTag() != "lemon cake" {
				s.Errorf("confirmed: %v", got)
			}
			if got := s.only("old-cancelled"); got.GetCancelReason() != surprisev1.CancelReason_CUSTOMER_REFUSED {
				s.Errorf("cancelled: %v", got)
			}
			// Its hold ran out long ago, and a confirmation is never lost.
			if got := s.confirm(s.only("old-held")); got.GetState() != surprisev1.ClaimState_CONFIRMED || got.GetTemplate() != "birthday_cake" {
				s.Errorf("held: %v", got)
			}
		})
	}
}

// unpack returns the path of a file of the old release, in a folder of its own.
func unpack(t *testing.T, name, as string) string {
	t.Helper()
	in, err := os.Open(filepath.Join("testdata/format-1", name+".gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	packed, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(packed)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), as)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// only is the first claim that a customer ever made.
func (s *service) only(customer string) *surprisev1.Claim {
	s.Helper()
	res, err := s.claims.ListClaims(s.Context(), &surprisev1.ListClaimsRequest{CustomerId: customer})
	if err != nil || len(res.GetClaims()) == 0 {
		s.Fatalf("%s has %v, %v", customer, res, err)
	}
	return res.GetClaims()[len(res.GetClaims())-1]
}
