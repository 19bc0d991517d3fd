package offer

import (
	"bytes"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// anyClaims are claims with any value in any field, also in those that the encoder has not heard of.
func anyClaims(t *rapid.T) *storev1.OfferClaims {
	c := &storev1.OfferClaims{}
	fields := c.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); f.Kind() != protoreflect.MessageKind || f.Message().Name() == "Timestamp" || rapid.Bool().Draw(t, "has "+string(f.Name())) {
			c.ProtoReflect().Set(f, anyValue(t, f))
		}
	}
	c.Customer = rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "customer")
	return c
}

func anyValue(t *rapid.T, f protoreflect.FieldDescriptor) protoreflect.Value {
	name := string(f.Name())
	switch f.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(rapid.StringN(0, 200, -1).Draw(t, name))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(rapid.SliceOf(rapid.Byte()).Draw(t, name))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.Int32().Draw(t, name)))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, name))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, name))
	case protoreflect.MessageKind:
		at := time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, name), rapid.Int64Range(0, 999999999).Draw(t, name+" ns")).UTC()
		switch f.Message().Name() {
		case "Timestamp":
			return protoreflect.ValueOfMessage(timestamppb.New(at).ProtoReflect())
		case "Date":
			date := &surprisev1.Date{Year: int32(at.Year()), Month: int32(at.Month()), Day: int32(at.Day())}
			return protoreflect.ValueOfMessage(date.ProtoReflect())
		}
	}
	t.Fatalf("no value for %s", f.FullName())
	return protoreflect.Value{}
}

// parts returns claims as a Decision takes them.
func parts(c *storev1.OfferClaims) (*Common, *Own) {
	own := &Own{
		Position: c.GetPosition(), Template: c.GetTemplate(), Level: c.GetLevel(), Occurrence: c.GetOccurrence(), WishID: c.GetWishId(),
		CostMinor: c.GetCostMinor(),
	}
	if d := c.GetOccasionDay(); d != nil {
		own.OccasionDay = time.Date(int(d.GetYear()), time.Month(d.GetMonth()), int(d.GetDay()), 23, 59, 0, 0, time.FixedZone("", -10*60*60))
	}
	return &Common{
		Customer: surprise.CustomerKey(c.GetCustomer()), DecisionID: c.GetDecisionId(), Store: c.GetStore(), Stage: c.GetStage(), VisitID: c.GetVisitId(),
		TimeZone: c.GetTimeZone(), CatalogRevision: c.GetCatalogRevision(), Household: c.GetHousehold(), TicketID: c.GetTicketId(), Channel: c.GetChannel(),
		Issued: c.GetIssued().AsTime(), Expires: c.GetExpires().AsTime(),
	}, own
}

// What a Decision signs is a message of the protobuf library, and says what Sign says, of all offers of all decisions after one another.
func TestDecisionSignsWhatSignSigns(t *testing.T) {
	s := signer(t, "default", 1)
	var d Decision
	rapid.Check(t, func(t *rapid.T) {
		common := anyClaims(t)
		_, own := parts(common)
		shared, _ := parts(common)
		s.Begin(&d, shared)
		for range rapid.IntRange(1, 3).Draw(t, "offers") {
			signed, err := d.Sign(own)
			if err != nil {
				t.Fatal(err)
			}
			got, id, err := s.Verify(signed.Token)
			common.Audience = "default"
			if err != nil || id != signed.ClaimID || !proto.Equal(got, common) {
				t.Fatalf("got %v, %s, %v; want %v, %s", got, id, err, common, signed.ClaimID)
			}
			next := anyClaims(t)
			_, own = parts(next)
			common.Position, common.Template, common.Level, common.Occurrence = next.GetPosition(), next.GetTemplate(), next.GetLevel(), next.GetOccurrence()
			common.WishId, common.CostMinor, common.OccasionDay = next.GetWishId(), next.GetCostMinor(), next.GetOccasionDay()
		}
	})
}

// Texts that protobuf cannot say fail in every field, as they do in Sign, and do no harm to other offers.
func TestDecisionRefusesWhatIsNotUTF8(t *testing.T) {
	s := signer(t, "default", 1)
	var d Decision
	fields := benchClaims().ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Kind() != protoreflect.StringKind || f.Name() == "audience" {
			continue
		}
		bad := benchClaims()
		bad.ProtoReflect().Set(f, protoreflect.ValueOfString("caf\xe9"))
		if _, err := s.Sign(bad); err == nil {
			t.Errorf("%s: Sign took it", f.Name())
		}
		common, own := parts(bad)
		s.Begin(&d, common)
		if signed, err := d.Sign(own); err == nil || signed != (Signed{}) {
			t.Errorf("%s: got %v, %v, want an error", f.Name(), signed, err)
		}
		common, own = parts(benchClaims())
		s.Begin(&d, common)
		if _, err := d.Sign(own); err != nil {
			t.Errorf("after %s: %v", f.Name(), err)
		}
	}
}

// A Decision may sign for one tenant after another, and with a new key.
func TestDecisionOfManySigners(t *testing.T) {
	var d Decision
	common, own := parts(benchClaims())
	for _, s := range []*Signer{signer(t, "a", 1), signer(t, "b", 1), signer(t, "b", 2), signer(t, "a", 1)} {
		s.Begin(&d, common)
		signed, err := d.Sign(own)
		if err != nil {
			t.Fatal(err)
		}
		if c, _, err := s.Verify(signed.Token); err != nil || c.GetAudience() != s.audience {
			t.Errorf("got %v, %v", c, err)
		}
	}
}

// Tokens that are out stay good, and their claims keep their ids: this one was signed by version 1 of the code.
func TestTokensOfBefore(t *testing.T) {
	const token = "so1.09903f5c." +
		"CgdkZWZhdWx0EhAjQXAd-8sdrVQ3mGZiHFT4GiQwMTk3OGYzYy03YzUyLTdkMGEtOWE1NS0yZjFmNmYzZjljMTEgAioMCLSSqNAGELXI6qQBMgwIxK6o0AYQtcjqpAE6E2Jp" +
		"cnRoZGF5LWNha2Utc2xpY2VCBHBsdXNI4glQAVoKc3RvcmUtMDQxN2IHcGF5bWVudGoVdmlzaXQtMjAyNjA1MTctMDAwMTIzcghiaXJ0aGRheXoNQXNpYS9TaGFuZ2hhaYIB" +
		"EDlmODZkMDgxODg0YzdkNjWKARpxYWdoNTVpZXZjZHRhdzY1bzJ4anZ5Y3VuYZIBBndpc2gtMZoBCHRpY2tldC0x.JfddZMDltpODjSQVTIRnl4Pn87xi5X-IHRgkG1MngYs"
	want := benchClaims()
	want.Audience, want.Position, want.Template, want.Level, want.CostMinor = "default", 2, "birthday-cake-slice", "plus", 1250
	want.DecisionId, want.CatalogRevision = "01978f3c-7c52-7d0a-9a55-2f1f6f3f9c11", "9f86d081884c7d65"
	want.WishId, want.TicketId, want.Occurrence = "wish-1", "ticket-1", "birthday"
	got, id, err := signer(t, "default", 1).Verify(token)
	if err != nil || id != "cenaxahp3zmo22vbxtbtgehcu7avixfe2ltjlrto4qvdq3lyigvwu" || !proto.Equal(got, want) {
		t.Errorf("got %v, %s, %v; want %v", got, id, err, want)
	}
	if signed, err := signer(t, "default", 1).Sign(want); err != nil || signed.Token != token || signed.ClaimID != id {
		t.Errorf("signed again: got %v, %v", signed, err)
	}
}

func TestTokensFitWhereTheyAreShared(t *testing.T) { // of all lengths that the common claims have in groups of three
	s := signer(t, "default", 1)
	var d Decision
	for n := range 6 {
		c := benchClaims()
		c.Audience, c.VisitId = "default", string(bytes.Repeat([]byte("v"), n+1))
		common, own := parts(c)
		s.Begin(&d, common)
		signed, err := d.Sign(own)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := s.Verify(signed.Token); err != nil || !proto.Equal(got, c) {
			t.Errorf("%d: got %v, %v, want %v", n, got, err, c)
		}
	}
}
