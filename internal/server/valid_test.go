package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func validator(t testing.TB) protovalidate.Validator {
	t.Helper()
	v, err := protovalidate.New(protovalidate.WithMessages(requests()...))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// quickly returns valid requests of all kinds that surelyValid knows, with every field set.
func quickly() []proto.Message {
	date := &surprisev1.Date{Year: 2020, Month: 2, Day: 28}
	birthday := &surprisev1.Birthday{Calendar: surprisev1.Calendar_LUNAR, Year: 1990, Month: 4, Day: 4, LeapMonth: true}
	words := []string{"a", "bc"}
	attributes := map[string]*structpb.Value{"k": structpb.NewBoolValue(true), "list": structpb.NewListValue(&structpb.ListValue{})}
	req := &surprisev1.RecommendRequest{RequestId: "r", MaxOffers: 3, Locale: "en",
		Customer: &surprisev1.CustomerProfile{Id: "c", DisplayName: "Ming", Locale: "en", TimeZone: "Asia/Taipei", Birthday: birthday, MemberSince: date, Tier: "gold",
			LifetimeValueMinor: 5, Visits: &surprisev1.Visits{Last: date, Last_30D: 1, Last_365D: 2, Total: 3}, Satisfaction: proto.Float64(.5),
			OpenComplaints: 1, Likes: words, Dislikes: words, Allergies: words, Pains: words, Tags: words,
			Relations: []*surprisev1.Relation{{Kind: "child", Name: "An", Birthday: birthday, Consent: surprisev1.Consent_GIVEN}},
			Consents:  &surprisev1.Consents{Surprises: 1, PersonalOccasions: 1, PublicDelivery: 1}, Attributes: attributes, ComplaintResolved: date, HouseholdId: "h"},
		Moment: &surprisev1.Moment{Journey: "j", Stage: "s", Channel: surprisev1.Channel_POS, Store: "x", Time: timestamppb.Now(), VisitId: "v",
			Weather: &surprisev1.Weather{Temperature: proto.Float64(20), Condition: "rain"}, Party: &surprisev1.Party{Size: 2, Children: 1},
			Basket: &surprisev1.Basket{TotalMinor: 5, Items: 2, Categories: words}, Attributes: attributes, Region: "n", DistanceKm: proto.Float64(2)}}
	return []proto.Message{req, &surprisev1.RecommendStreamRequest{Request: req},
		&surprisev1.ClaimRequest{OfferToken: "t", CustomerId: "c", StaffId: "s", SlotId: "x", OrderId: "o"},
		&surprisev1.ConfirmRequest{ClaimId: "c", CustomerId: "c", Delivered: timestamppb.Now(), StaffId: "s", MemoryTag: "m", OrderId: "o"}}
}

// edges are values on both sides of all bounds.
type edges struct {
	texts  []string
	ints   []int64
	floats []float64
	counts []int
}

func newEdges() edges {
	e := edges{floats: []float64{-1e9, -90.001, -90, -0.001, math.Copysign(0, -1), 0, .5, 1, 1.001, 70, 70.001, 50_000, 50_000.001, 1e9, math.NaN(), math.Inf(1), math.Inf(-1)},
		ints: []int64{math.MinInt32, math.MaxInt32}, counts: []int{0, 1}, texts: []string{"a\x00b"}}
	for _, n := range []int{0, 50, 64, 100, 128, 200, 256, 4096} {
		for _, n := range []int{max(n-1, 0), n, n + 1} {
			e.texts = append(e.texts, strings.Repeat("x", n), strings.Repeat("茶", n))
			if n < 300 {
				e.counts = append(e.counts, n)
			}
		}
	}
	for _, n := range []int64{0, 1, 2, 3, 6, 10, 12, 31, 1800, 9999, 10_000, 1_000_000} {
		e.ints = append(e.ints, n-1, n, n+1, -n)
	}
	return e
}

// values returns what a field can be set to, and zero for a field that is cleared.
func (e edges) values(f protoreflect.FieldDescriptor) (out []protoreflect.Value) {
	switch f.Kind() {
	case protoreflect.StringKind:
		for _, s := range e.texts {
			out = append(out, protoreflect.ValueOfString(s))
		}
	case protoreflect.Int32Kind, protoreflect.Int64Kind, protoreflect.EnumKind:
		for _, n := range e.ints {
			out = append(out, map[protoreflect.Kind]protoreflect.Value{protoreflect.Int32Kind: protoreflect.ValueOfInt32(int32(n)),
				protoreflect.Int64Kind: protoreflect.ValueOfInt64(n), protoreflect.EnumKind: protoreflect.ValueOfEnum(protoreflect.EnumNumber(n))}[f.Kind()])
		}
	case protoreflect.DoubleKind:
		for _, x := range e.floats {
			out = append(out, protoreflect.ValueOfFloat64(x))
		}
	}
	return out
}

// vary sets every field below m to each edge in turn, and calls try after each; the fields are then as they were.
func (e edges) vary(m protoreflect.Message, path string, try func(path string)) {
	fs := m.Descriptor().Fields()
	for i := range fs.Len() {
		f := fs.Get(i)
		at, was := path+"."+string(f.Name()), keep(m, f)
		m.Clear(f)
		try(at + " cleared")
		switch {
		case f.IsMap():
			e.varyMap(m, f, was.Map(), at, try)
		case f.IsList():
			e.varyList(m, f, was.List(), at, try)
		case f.Message() != nil:
			m.Set(f, protoreflect.ValueOfMessage(was.Message()))
			if f.Message().ParentFile().Package() == "surprise.v1" {
				e.vary(was.Message(), at, try)
			}
		}
		if !f.IsMap() && !f.IsList() {
			for _, v := range e.values(f) {
				m.Set(f, v)
				try(fmt.Sprintf("%s = %.20v", at, v))
			}
		}
		m.Set(f, was)
	}
}

// keep returns the value of a field, in a form that stays when the field changes: lists and maps do not.
func keep(m protoreflect.Message, f protoreflect.FieldDescriptor) protoreflect.Value {
	kept := m.NewField(f)
	switch {
	case f.IsList():
		for i := range m.Get(f).List().Len() {
			kept.List().Append(m.Get(f).List().Get(i))
		}
	case f.IsMap():
		m.Get(f).Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
			kept.Map().Set(k, v)
			return true
		})
	default:
		return m.Get(f)
	}
	return kept
}

func (e edges) varyList(m protoreflect.Message, f protoreflect.FieldDescriptor, was protoreflect.List, at string, try func(string)) {
	for _, n := range e.counts {
		list := m.NewField(f).List()
		for range n {
			list.Append(was.Get(0))
		}
		m.Set(f, protoreflect.ValueOfList(list))
		try(fmt.Sprintf("%d of %s", n, at))
	}
	list := m.NewField(f).List()
	list.Append(was.Get(0))
	m.Set(f, protoreflect.ValueOfList(list))
	if f.Message() != nil {
		e.vary(list.Get(0).Message(), at, try)
		return
	}
	for _, v := range e.values(f) {
		list.Set(0, v)
		try(fmt.Sprintf("%s[0] = %.20v", at, v))
	}
}

func (e edges) varyMap(m protoreflect.Message, f protoreflect.FieldDescriptor, was protoreflect.Map, at string, try func(string)) {
	value := was.Get(protoreflect.ValueOfString("k").MapKey())
	for _, n := range e.counts {
		to := m.NewField(f).Map()
		for i := range n {
			to.Set(protoreflect.ValueOfString(fmt.Sprint("k", i)).MapKey(), value)
		}
		m.Set(f, protoreflect.ValueOfMap(to))
		try(fmt.Sprintf("%d of %s", n, at))
	}
	for _, v := range e.values(f.MapKey()) {
		to := m.NewField(f).Map()
		to.Set(v.MapKey(), value)
		m.Set(f, protoreflect.ValueOfMap(to))
		try(fmt.Sprintf("%s[%.20v]", at, v))
	}
}

// TestSurelyValidIsValid sets each field to the edges of all rules: what is surely valid is valid. It also is all that is valid, so nobody
// waits for the rules who keeps them.
func TestSurelyValidIsValid(t *testing.T) {
	v, tried := validator(t), 0
	for _, m := range quickly() {
		check := func(path string) {
			tried++
			if err := v.Validate(m); surelyValid(m) != (err == nil) {
				t.Errorf("%T%s: surely valid %v, but %v", m, path, surelyValid(m), err)
			}
		}
		check("")
		if !surelyValid(m) {
			t.Errorf("%T: the one to begin with is not valid", m)
		}
		newEdges().vary(m.ProtoReflect(), "", check)
	}
	if tried < 4000 {
		t.Errorf("only %d variants", tried)
	}
	for _, m := range requests() {
		if surelyValid(m) {
			t.Errorf("an empty %T is surely valid", m)
		}
	}
}

// rulesFile has the rules that surelyValid was written for.
const rulesFile = "testdata/rules.txt"

// TestRulesAreKnown fails when a rule changes or is added. Then valid.go must learn it, and edges its bounds, before the file has it.
func TestRulesAreKnown(t *testing.T) {
	var lines []string
	seen := map[protoreflect.FullName]bool{}
	for _, m := range quickly() {
		lines = append(lines, rules(t, m.ProtoReflect().Descriptor(), seen)...)
	}
	slices.Sort(lines)
	want, err := os.ReadFile(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(string(want)), "\n"), lines); diff != "" {
		t.Errorf("the rules of these requests are not those that valid.go checks (-%s +now):\n%s\nall:\n%s", rulesFile, diff, strings.Join(lines, "\n"))
	}
}

// rules returns the rules of a message and those below it, each on a line.
func rules(t *testing.T, m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) (lines []string) {
	t.Helper()
	if seen[m.FullName()] {
		return nil
	}
	seen[m.FullName()] = true
	add := func(d protoreflect.Descriptor, rules any) {
		if r := rules.(proto.Message); r.ProtoReflect().IsValid() {
			lines = append(lines, string(d.FullName())+" "+compact(t, r))
		}
	}
	add(m, proto.GetExtension(m.Options(), validate.E_Message))
	for i := range m.Oneofs().Len() {
		add(m.Oneofs().Get(i), proto.GetExtension(m.Oneofs().Get(i).Options(), validate.E_Oneof))
	}
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		add(f, proto.GetExtension(f.Options(), validate.E_Field))
		if f.IsMap() {
			f = f.MapValue()
		}
		if f.Message() != nil {
			lines = append(lines, rules(t, f.Message(), seen)...)
		}
	}
	return lines
}

func compact(t *testing.T, m proto.Message) string {
	t.Helper()
	text, err := protojson.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Compact(&out, text); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// FuzzSurelyValid looks for a request that is surely valid and not valid.
func FuzzSurelyValid(f *testing.F) {
	for _, m := range quickly()[:1] {
		data, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	v := validator(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		req := new(surprisev1.RecommendRequest)
		if proto.Unmarshal(data, req) != nil {
			return
		}
		if err := v.Validate(req); surelyValid(req) != (err == nil) {
			t.Errorf("%v: surely valid %v, but %v", req, surelyValid(req), err)
		}
	})
}
