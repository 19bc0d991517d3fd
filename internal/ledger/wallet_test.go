package ledger_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// idea is a delivery that the wallet pays.
func (s *shop) idea(id, staff string, cost int64, more ...func(*surprisev1.RecordDeliveryRequest)) (*surprisev1.Claim, bool, error) {
	req := &surprisev1.RecordDeliveryRequest{
		DeliveryId: id, CustomerId: "c" + id, Kind: surprisev1.Kind_GIFT, Channel: surprisev1.Channel_POS, Store: "north",
		StaffId: staff, WalletReason: "long_wait", CostMinor: cost,
	}
	for _, f := range more {
		f(req)
	}
	return s.ledger.RecordDelivery(s.t.Context(), req)
}

func given(r *surprisev1.RecordDeliveryRequest) { r.AlreadyGiven = true }

func TestWalletRequests(t *testing.T) {
	s := newServices(t)
	for name, c := range map[string]struct {
		change func(*surprisev1.RecordDeliveryRequest)
		reason surprise.Reason
		field  string
	}{
		"fits":                {func(*surprisev1.RecordDeliveryRequest) {}, "", ""},
		"no such reason":      {func(r *surprisev1.RecordDeliveryRequest) { r.WalletReason = "whim" }, surprise.InvalidRequest, "wallet_reason"},
		"no clerk":            {func(r *surprisev1.RecordDeliveryRequest) { r.StaffId = "" }, surprise.InvalidRequest, "staff_id"},
		"no cost":             {func(r *surprisev1.RecordDeliveryRequest) { r.CostMinor = 0 }, surprise.InvalidRequest, "cost_minor"},
		"too much":            {func(r *surprisev1.RecordDeliveryRequest) { r.CostMinor = 101 }, surprise.WalletExhausted, "cost_minor"},
		"too much, but given": {func(r *surprisev1.RecordDeliveryRequest) { r.CostMinor, r.AlreadyGiven = 101, true }, "", ""},
		"a template": {func(r *surprisev1.RecordDeliveryRequest) {
			r.Template, r.CostMinor = "tea", 0
		}, "", ""},
		"a template that costs nothing": {func(r *surprisev1.RecordDeliveryRequest) {
			r.Template, r.Level = "tea", "free"
		}, surprise.InvalidRequest, "template"},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := s.idea(name, name, 10, c.change)
			wantReason(t, "delivery", err, c.reason)
			var e *surprise.Error
			if asError(err, &e) && e.Field != c.field {
				t.Errorf("got field %q, want %q", e.Field, c.field)
			}
			if c.field == "wallet_reason" && !strings.Contains(err.Error(), "long_wait, kindness") {
				t.Errorf("it does not list the reasons: %v", err)
			}
			if err == nil && (got.GetWalletReason() != "long_wait" || got.GetCostMinor() == 0 || got.GetOverLimit() != (name == "too much, but given")) {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestWalletAllowances(t *testing.T) {
	s := newServices(t) // 10:00 in the shift that ends at 14:00
	for i := range 3 {
		if _, _, err := s.idea(fmt.Sprint("a", i), "an", 100); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := s.idea("a3", "an", 1)
	wantReason(t, "more than the shift's 300", err, surprise.WalletExhausted)
	var e *surprise.Error
	if !asError(err, &e) || !e.Until.Equal(time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)) || !strings.Contains(e.Message, "shift") || !strings.Contains(e.Message, "0 of 300") {
		t.Errorf("got until %v, %q", e.Until, e.Message)
	}
	c, _, err := s.idea("a3", "an", 1, given)
	if err != nil || !c.GetOverLimit() {
		t.Errorf("given already: got %v, %v", c, err)
	}
	for i := range 2 {
		if _, _, err := s.idea(fmt.Sprint("b", i), "bo", 99); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err = s.idea("b2", "bo", 90)
	wantReason(t, "more than the store's 500", err, surprise.WalletExhausted)
	if !asError(err, &e) || !e.Until.Equal(time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)) || !strings.Contains(e.Message, "store") || !strings.Contains(e.Message, "1 of 500") {
		t.Errorf("got until %v, %q", e.Until, e.Message)
	}
	if used := s.usage("@wallet|shift|bo|2026-03-02T09:00"); used != 198 {
		t.Errorf("the refused idea was charged in part: %d", used)
	}
	if _, replayed, err := s.idea("b1", "bo", 99); err != nil || !replayed {
		t.Errorf("a replay with nothing left: %v, %v", replayed, err)
	}
	s.pass(24 * time.Hour)
	yesterday := func(r *surprisev1.RecordDeliveryRequest) {
		r.Delivered = timestamppb.New(s.clock().Add(-24 * time.Hour))
	}
	for i := range 3 { // today's allowance pays, whatever the clerk says of the time
		if _, _, err := s.idea(fmt.Sprint("a", 4+i), "an", 100, yesterday); err != nil {
			t.Errorf("the next day: %v", err)
		}
	}
	_, _, err = s.idea("a7", "an", 1, yesterday)
	wantReason(t, "more than the shift's 300, dated back", err, surprise.WalletExhausted)
}

// The store's 500 are given to the last unit, and no more, however many clerks give at once.
func TestWalletUnderRace(t *testing.T) {
	s := newServices(t)
	var paid, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			_, _, err := s.idea(fmt.Sprint(i), fmt.Sprint("clerk", i%10), 10)
			switch surprise.ReasonOf(err) {
			case "":
				paid.Add(10)
			case surprise.WalletExhausted:
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if paid.Load() != 500 || refused.Load() != 50 || s.usage("@wallet|store|north|2026-03-02") != 500 {
		t.Errorf("%d was paid, %d refused, %d taken", paid.Load(), refused.Load(), s.usage("@wallet|store|north|2026-03-02"))
	}
}
