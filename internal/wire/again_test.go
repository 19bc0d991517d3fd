package wire_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/wire"
)

// prune takes fields away, at all levels, so that messages are left that have some of their parts, or none.
func prune(t *rapid.T, m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch keep := rapid.IntRange(0, 3).Draw(t, "keep"); {
		case keep == 0:
			m.Clear(f)
		case f.IsMap():
			v.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
				if rapid.Bool().Draw(t, "drop") {
					m.Mutable(f).Map().Clear(k)
				}
				return true
			})
		case f.IsList() && f.Message() != nil:
			for i := range v.List().Len() {
				prune(t, v.List().Get(i).Message())
			}
		case f.Message() != nil:
			prune(t, v.Message())
		}
		return true
	})
}

// drawBytes returns the bytes of a message with some of its fields, sometimes broken.
func drawBytes(t *rapid.T, m proto.Message) []byte {
	prune(t, m.ProtoReflect())
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 0 && rapid.IntRange(0, 4).Draw(t, "break") == 0 {
		data[rapid.IntRange(0, len(data)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
	}
	return data
}

// TestNothingIsLeftOfRequests reads requests into the same room: all that one has is its own.
func TestNothingIsLeftOfRequests(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var room wire.Request
		for range rapid.IntRange(2, 4).Draw(rt, "requests") {
			data := drawBytes(rt, full(rapid.IntRange(0, choices-1).Draw(rt, "choice")))
			want := new(surprisev1.RecommendRequest)
			err := proto.Unmarshal(data, want)
			got, ok := room.Read(string(data))
			if _, alone := new(wire.Request).Read(string(data)); ok != alone {
				rt.Fatalf("%x: read %v, %v by itself", data, ok, alone)
			}
			if ok && (err != nil || !proto.Equal(got, want)) {
				rt.Fatalf("%x: got %v, want %v, %v", data, got, want, err)
			}
			if rapid.Bool().Draw(rt, "reset") {
				room.Reset()
			}
		}
	})
}

// TestNothingIsLeftOfRecords is the same for records.
func TestNothingIsLeftOfRecords(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var room wire.Record
		for range rapid.IntRange(2, 4).Draw(rt, "records") {
			if compareRecord(t, &room, drawBytes(rt, fullRecord(rapid.IntRange(0, choices-1).Draw(rt, "choice")))); t.Failed() {
				rt.Fatal("not the same")
			}
			if rapid.Bool().Draw(rt, "reset") {
				room.Reset()
			}
		}
	})
}

func TestRequestAllocations(t *testing.T) {
	data, room := string(encode(t, typical())), new(wire.Request)
	readsInPlace(t, room.Reset, func() bool { _, ok := room.Read(data); return ok })
}

func TestRecordAllocations(t *testing.T) {
	data, room := string(encode(t, delivered(5))), new(wire.Record)
	readsInPlace(t, room.Reset, func() bool { _, ok := room.Read(data); return ok })
}

// readsInPlace reads the same again and again into room that is there.
func readsInPlace(t *testing.T, reset func(), read func() bool) {
	t.Helper()
	again := func() {
		if !read() {
			t.Error("it was left to the library")
		}
		reset()
	}
	again() // makes room for one, and knows then how much it takes
	if got := testing.AllocsPerRun(100, again); got != 0 {
		t.Errorf("got %v allocations, want none", got)
	}
}
