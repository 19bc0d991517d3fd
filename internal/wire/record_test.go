package wire_test

import (
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/wire"
)

// fullRecord returns a record that has every field.
func fullRecord(choice int) *storev1.Record {
	m := new(storev1.Record)
	fill(m.ProtoReflect(), choice, 0)
	return m
}

// delivered is the record of a customer to whom something was given n times.
func delivered(n int) *storev1.Record {
	at := timestamppb.Timestamp{Seconds: 1_767_225_600, Nanos: 123_456_789}
	rec := &storev1.Record{LastSeen: &at}
	for range n {
		rec.Entries = append(rec.Entries, &storev1.Entry{
			ClaimId: "c_3yq0Yk1vYk2Zt8x7W5u4s3r2q1p0oNmLkJiHgFeDcBa9", Fingerprint: []byte("\x00\xff0123456789abcd"), State: surprisev1.ClaimState_CONFIRMED,
			Category: "note", Kind: surprisev1.Kind_NOTE, Channel: surprisev1.Channel_POS, Store: "store-001", VisitId: "visit-17", StaffId: "ann",
			Created: &at, Ended: &at, Delivered: &at, MemoryTag: "a note by hand, read twice and put into the wallet", WithoutHold: true,
			CatalogRevision: "0123456789abcdef", Purpose: surprisev1.Purpose_DELIGHT, Takes: []*storev1.LimitTake{{Limit: "budget|2026-01|store-001", Amount: 300, Capacity: 9000}},
		})
	}
	return rec
}

// compareRecord reads with room that was used before and with the library. It reports whether the package reads it at all.
func compareRecord(t *testing.T, room *wire.Record, data []byte) bool {
	t.Helper()
	want := new(storev1.Record)
	err := proto.Unmarshal(data, want)
	got, read := room.Read(string(data))
	if read && (err != nil || !proto.Equal(got, want)) {
		t.Errorf("%x: got %v, want %v, %v", data, got, want, err)
	}
	if !read && got != nil {
		t.Errorf("%x: got %v, and that it was not read", data, got)
	}
	return read
}

// TestEveryFieldOfARecordIsRead fails when a field is added to records that the reader does not know.
func TestEveryFieldOfARecordIsRead(t *testing.T) {
	var room wire.Record
	for choice := range choices {
		if !compareRecord(t, &room, encode(t, fullRecord(choice))) {
			t.Errorf("variant %d was left to the library", choice)
		}
	}
	for rest := encode(t, fullRecord(2)); len(rest) > 0; { // each by itself, so that no other one can make up for it
		number, _, n := protowire.ConsumeField(rest)
		if !compareRecord(t, &room, rest[:n]) {
			t.Errorf("field %d was left to the library", number)
		}
		_, _, k := protowire.ConsumeTag(rest)
		body, _ := protowire.ConsumeBytes(rest[k:n])
		for number == 2 && len(body) > 0 {
			inner, _, n := protowire.ConsumeField(body)
			if !compareRecord(t, &room, field(2, body[:n])) {
				t.Errorf("field %d of an entry was left to the library", inner)
			}
			body = body[n:]
		}
		rest = rest[n:]
	}
	if !compareRecord(t, &room, nil) {
		t.Error("an empty record was left to the library")
	}
}

// TestUnusualRecords has what stores seldom hold, and whether the package reads it.
func TestUnusualRecords(t *testing.T) {
	var room wire.Record
	for name, tc := range map[string]struct {
		data []byte
		read bool
	}{
		"a time twice":             {join(field(1, number(1, 5)), field(1, number(2, 7))), false},
		"an empty time":            {field(1), true},
		"an empty entry":           {join(field(2), field(2)), true},
		"lists in turns":           {join(field(2, field(1, []byte("a"))), field(6, []byte("x")), field(2), field(5), field(6, []byte("y")), field(5, number(5, 1)), field(2)), true},
		"takes in turns":           {field(2, field(25, number(2, 1)), field(1, []byte("a")), field(25, number(2, 2))), true},
		"a time of an entry twice": {field(2, field(15, number(1, 5)), field(15)), false},
		"a day twice":              {field(2, field(38, number(1, 5)), field(38)), false},
		"a slot twice":             {field(2, field(30, number(5, 5)), field(30)), false},
		"a trial twice":            {field(2, field(31), field(31)), false},
		"a lease twice":            {field(2, field(34), field(34)), false},
		"a text twice":             {field(2, field(1, []byte("a")), field(1)), true},
		"bytes twice":              {field(2, field(2, []byte("a")), field(2)), true},
		"a broken lease":           {field(2, field(34, field(1, []byte("\xff")))), false},
		"a broken wish":            {field(3, []byte{0x0a}), false},
		"a broken ticket":          {field(4, []byte{0x0a}), false},
		"more in a wish":           {field(3, number(99, 1)), true},
		"more in a record":         {join(number(8, 7), number(99, 1)), false},
		"more in an entry":         {field(2, number(99, 1)), false},
		"more in a take":           {field(2, field(25, number(99, 1))), false},
		"more in an outcome":       {field(5, number(99, 1)), false},
		"text that is not UTF-8":   {field(6, []byte("\xff")), false},
		"a group":                  {[]byte{2<<3 | 3, 2<<3 | 4}, false},
		"too short":                {[]byte{2<<3 | 2, 5, 'a'}, false},
		"a long one":               {encode(t, delivered(300)), true},
	} {
		if read := compareRecord(t, &room, tc.data); read != tc.read {
			t.Errorf("%s: read %v, want %v", name, read, tc.read)
		}
	}
}

// FuzzRecord looks for bytes that are read otherwise than by the library.
func FuzzRecord(f *testing.F) {
	for choice := range choices {
		f.Add(encode(f, fullRecord(choice)))
		f.Add(encode(f, delivered(choice)))
	}
	before := encode(f, fullRecord(1))
	f.Fuzz(func(t *testing.T, data []byte) {
		var room wire.Record
		compareRecord(t, &room, data)
		compareRecord(t, &room, before)
		compareRecord(t, &room, data)
	})
}

// TestNeighbours holds that who appends to a part of a record changes no other one.
func TestNeighbours(t *testing.T) {
	var room wire.Record
	want := delivered(3)
	data := string(encode(t, want))
	room.Read(data) // makes room, so that the next record has all of it in one
	got, ok := room.Read(data)
	if !ok {
		t.Fatal("it was left to the library")
	}
	for _, e := range got.GetEntries() {
		if len(append(e.GetFingerprint(), '!')) < 2 || len(append(e.GetTakes(), nil)) < 2 {
			t.Error("an entry is not whole")
		}
	}
	if !proto.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func BenchmarkRecord(b *testing.B) {
	data := encode(b, delivered(1))
	b.Run("library", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := proto.Unmarshal(data, new(storev1.Record)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("wire", func(b *testing.B) {
		b.ReportAllocs()
		var room wire.Record
		for b.Loop() {
			if _, ok := room.Read(string(data)); !ok {
				b.Fatalf("%x was left to the library", data)
			}
			room.Reset()
		}
	})
}
