package wire_test

import (
	"bytes"
	"math"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/wire"
)

// answer returns an answer that has every field.
func answer(choice int) *surprisev1.RecommendResponse {
	m := new(surprisev1.RecommendResponse)
	fill(m.ProtoReflect(), choice, 0)
	return m
}

// same writes an answer with the package, alone and as an element of a stream, and with the library.
func same(t *testing.T, name string, m *surprisev1.RecommendResponse) {
	t.Helper()
	before := []byte("before")
	got, ok := wire.AppendResponse(before, m)
	if want := append(before, encode(t, m)...); !ok || !bytes.Equal(got, want) {
		t.Errorf("%s: got %v\n%x, want\n%x", name, ok, got, want)
	}
	element := &surprisev1.RecommendStreamResponse{RequestId: "r", Result: &surprisev1.RecommendStreamResponse_Response{Response: m}}
	got, ok = wire.AppendStreamResponse(nil, element)
	if want := encode(t, element); !ok || !bytes.Equal(got, want) {
		t.Errorf("%s, in a stream: got %v\n%x, want\n%x", name, ok, got, want)
	}
}

// TestEveryFieldIsWritten fails when a field is added to the API that the writer does not know.
func TestEveryFieldIsWritten(t *testing.T) {
	for choice := range choices {
		same(t, "all fields", answer(choice))
	}
	same(t, "none", &surprisev1.RecommendResponse{})
	same(t, "empty parts", &surprisev1.RecommendResponse{Offers: []*surprisev1.Offer{{}, nil, {Card: &surprisev1.TaskCard{Memories: []*surprisev1.Memory{{}}}}},
		Reasons: []*surprisev1.ReasonDetail{{Earliest: &timestamppb.Timestamp{}}}, Hold: &surprisev1.Hold{}, Propensities: []*surprisev1.Propensity{{}}})
	same(t, "odd numbers", &surprisev1.RecommendResponse{Outcome: -1, Hold: &surprisev1.Hold{Give: math.Copysign(0, -1), Wait: math.NaN(), Probability: math.Inf(1)},
		Offers: []*surprisev1.Offer{{CostMinor: math.MinInt64, HoldSeconds: math.MaxInt64, Traits: []surprisev1.Trait{0, -1, 5}}}})
}

// TestLengths has messages on both sides of each length that has one byte more.
func TestLengths(t *testing.T) {
	for _, n := range []int{0, 1, 120, 125, 126, 127, 128, 129, 130, 16370, 16380, 16383, 16384, 16390, 1<<21 - 5, 1<<21 + 5} {
		same(t, "long", &surprisev1.RecommendResponse{Offers: []*surprisev1.Offer{{Title: string(bytes.Repeat([]byte("x"), n)), Slots: "s"}}, CatalogRevision: "r"})
	}
}

// TestLeftToTheLibrary has what the writer does not write.
func TestLeftToTheLibrary(t *testing.T) {
	bad := &surprisev1.RecommendResponse{Offers: []*surprisev1.Offer{{Title: "\xff"}}}
	if _, ok := wire.AppendResponse(nil, bad); ok {
		t.Error("text that is not UTF-8 was written")
	}
	if _, err := proto.Marshal(bad); err == nil {
		t.Error("the library writes it now")
	}
	bad = &surprisev1.RecommendResponse{Offers: []*surprisev1.Offer{{Card: &surprisev1.TaskCard{Lease: &surprisev1.Lease{StaffId: "\xff"}}}}}
	if _, ok := wire.AppendResponse(nil, bad); ok {
		t.Error("text that is not UTF-8 was written, in a part that the library writes")
	}
	for _, m := range []*surprisev1.RecommendStreamResponse{{}, {Result: &surprisev1.RecommendStreamResponse_Error{Error: &surprisev1.StreamError{}}}} {
		if _, ok := wire.AppendStreamResponse(nil, m); ok {
			t.Errorf("%v was written", m)
		}
	}
}

func BenchmarkResponse(b *testing.B) {
	m := answer(1)
	for _, o := range m.GetOffers() {
		o.Card.Slot, o.Card.Trial, o.Card.Lease = nil, nil, nil
	}
	b.Run("library", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf, _ = proto.MarshalOptions{}.MarshalAppend(buf[:0], m)
		}
		b.SetBytes(int64(len(buf)))
	})
	b.Run("wire", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf, _ = wire.AppendResponse(buf[:0], m)
		}
		b.SetBytes(int64(len(buf)))
	})
}
