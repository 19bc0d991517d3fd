package offer

import (
	"bytes"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

func benchClaims() *storev1.OfferClaims {
	key := surprise.HashCustomer([]byte("k"), "default", "c1")
	issued := time.Date(2026, 5, 17, 18, 30, 12, 345678901, time.UTC)
	return &storev1.OfferClaims{
		Customer: key[:], DecisionId: "d0123456789abcdef01234567", Issued: timestamppb.New(issued), Expires: timestamppb.New(issued.Add(time.Hour)),
		Channel: surprisev1.Channel_POS, Store: "store-0417", Stage: "payment", VisitId: "visit-20260517-000123", TimeZone: "Asia/Shanghai",
		CatalogRevision: "9f86d081884c", Household: surprise.HashCustomer([]byte("k"), "default", "h1").String(),
	}
}

// Three offers of one decision, one by one and together.
func BenchmarkSign(b *testing.B) {
	s, err := NewSigner("default", bytes.Repeat([]byte{1}, MinKeyLen))
	if err != nil {
		b.Fatal(err)
	}
	claims := benchClaims()
	templates := []string{"birthday-cake-slice", "handwritten-card", "window-seat-upgrade"}
	b.Run("one by one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for i, t := range templates {
				claims.Position, claims.Template, claims.Level, claims.CostMinor = int32(i), t, "plus", 1250
				if _, err := s.Sign(claims); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("together", func(b *testing.B) {
		common, _ := parts(claims)
		b.ReportAllocs()
		var d Decision
		for b.Loop() {
			s.Begin(&d, common)
			for i, t := range templates {
				if _, err := d.Sign(&Own{Position: int32(i), Template: t, Level: "plus", CostMinor: 1250}); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
