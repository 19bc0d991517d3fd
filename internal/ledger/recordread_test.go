package ledger_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
	"github.com/surprise-service/surprised/internal/wire"
)

// written keeps all records that a ledger writes.
type written struct {
	ledger.Store
	records [][]byte
}

func (w *written) Apply(ctx context.Context, change ledger.Change) error {
	w.records = append(w.records, change.Data)
	return w.Store.Apply(ctx, change)
}

// lives has records of customers at all times of all that can happen to their claims.
func lives(t *testing.T) [][]byte {
	t.Helper()
	s := newShopOf(t, wallCatalog)
	wall := &written{Store: s.store}
	s.ledger = s.over(wall)
	held, _ := s.fullLife("ann")
	s.pass(100 * time.Hour)
	s.reap()
	_, _, _ = s.confirm(held.GetClaimId()) // late, or refused: either is written
	if _, err := s.ledger.Erase(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}

	s = newServices(t)
	services := &written{Store: s.store}
	s.ledger = s.over(services)
	s.mustConfirm(s.take("mei", "film").GetClaimId())
	s.take("mei", "music", byStaff("bo"))
	s.pass(time.Hour)
	s.reap()
	if _, _, err := s.cancel(s.take("mei", "corner").GetClaimId(), surprisev1.CancelReason_CUSTOMER_REFUSED); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.ledger.Cancel(t.Context(), &surprisev1.CancelRequest{OfferToken: s.sign("mei", "corner"), CustomerId: "mei"}); err != nil { // a tombstone
		t.Fatal(err)
	}
	if _, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: "d", CustomerId: "mei", Kind: surprisev1.Kind_NOTE,
		Channel: surprisev1.Channel_POS, MemoryTag: "a note by hand"}); err != nil {
		t.Fatal(err)
	}
	s.pass(10 * 365 * aDay)
	s.mustConfirm(s.take("mei", "corner").GetClaimId())
	return append(wall.records, services.records...)
}

// TestReaderReadsAllThatIsWritten decodes real records one after the other with one reader, none of which is left to the library.
func TestReaderReadsAllThatIsWritten(t *testing.T) {
	var reader ledger.RecordReader
	states := map[surprisev1.ClaimState]bool{}
	for _, data := range append(lives(t), nil, []byte{}) {
		want, err := ledger.DecodeRecord(data)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := reader.Decode(data); err != nil || !proto.Equal(got, want) {
			t.Errorf("got %v, want %v (%v)", got, want, err)
		}
		if _, ok := new(wire.Record).Read(string(data)); !ok {
			t.Errorf("left to the library: %v", want)
		}
		for _, e := range want.GetEntries() {
			states[e.GetState()] = true
		}
	}
	for _, state := range []surprisev1.ClaimState{surprisev1.ClaimState_HELD, surprisev1.ClaimState_CONFIRMED, surprisev1.ClaimState_CANCELLED, surprisev1.ClaimState_EXPIRED} {
		if !states[state] {
			t.Errorf("no claim was %v", state)
		}
	}
}

// TestReaderLeavesTheUnusual has records of a newer release, and broken ones.
func TestReaderLeavesTheUnusual(t *testing.T) {
	var reader ledger.RecordReader
	newer := protowire.AppendVarint(protowire.AppendTag(nil, 99, protowire.VarintType), 7)
	if got, err := reader.Decode(newer); err != nil || len(got.ProtoReflect().GetUnknown()) != len(newer) {
		t.Errorf("got %v, %v; want what a newer release added", got, err)
	}
	for _, broken := range []string{"\x12", "\x12\x03\x0a\x01\xff", "\xff"} {
		_, want := ledger.DecodeRecord([]byte(broken))
		got, err := reader.Decode([]byte(broken))
		if got != nil || err == nil || err.Error() != want.Error() || surprise.ReasonOf(err) != surprise.Internal {
			t.Errorf("%q: got %v, %v; want %v", broken, got, err, want)
		}
	}
}

// TestReaderLetsGo holds that a decision gets no record but its own.
func TestReaderLetsGo(t *testing.T) {
	var reader ledger.RecordReader
	largest := slices.MaxFunc(lives(t), func(a, b []byte) int { return len(a) - len(b) })
	first, err := reader.Decode(largest)
	if err != nil || len(first.GetEntries()) < 2 {
		t.Fatal(first, err)
	}
	reader.Reset()
	if proto.Size(first) != 0 {
		t.Errorf("after Reset there is %v", first)
	}
	if none, err := reader.Decode(nil); err != nil || proto.Size(none) != 0 {
		t.Errorf("no data: %v, %v", none, err)
	}
}
