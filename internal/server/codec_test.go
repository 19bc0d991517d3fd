package server

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func encoded(t *testing.T, m proto.Message) []byte {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// target is what messages of this kind are read into, and what is read then.
func target(m proto.Message) (into any, read func() proto.Message) {
	s := new(recommendationServer)
	switch m.(type) {
	case *surprisev1.RecommendRequest:
		d := s.decisions.get(s)
		return d, func() proto.Message { return d.request }
	case *surprisev1.RecommendStreamRequest:
		d := s.decisions.getElement(s)
		return d, func() proto.Message { return d.element }
	}
	out := m.ProtoReflect().New().Interface()
	return out, func() proto.Message { return out }
}

// TestCodecReads gets the same request from bytes that came in one piece and in two, in the usual form and with a field that nobody knows; and
// the request stays when gRPC uses its buffers for something else.
func TestCodecReads(t *testing.T) {
	for _, m := range quickly() {
		usual := encoded(t, m)
		for name, data := range map[string][]byte{"usual": usual, "unknown field": protowire.AppendVarint(protowire.AppendTag(bytes.Clone(usual), 99, protowire.VarintType), 7)} {
			for pieces, at := range map[string]int{"one": 0, "two": len(data) / 2} {
				buf, want := bytes.Clone(data), m.ProtoReflect().New().Interface()
				into, got := target(m)
				if err := newCodec().Unmarshal(mem.BufferSlice{mem.SliceBuffer(buf[:at]), mem.SliceBuffer(buf[at:])}, into); err != nil {
					t.Fatal(err)
				}
				clear(buf)
				if err := proto.Unmarshal(data, want); err != nil || !proto.Equal(got(), want) {
					t.Errorf("%T, %s, in %s: got %v, want %v, %v", m, name, pieces, got(), want, err)
				}
			}
		}
	}
}

// TestCodecMarks has requests that cannot be decoded: the guard gets to know why, for those that are read in the fast way too.
func TestCodecMarks(t *testing.T) {
	for _, m := range quickly() {
		for want, data := range map[string][]byte{"invalid UTF-8": append(encoded(t, m), 1<<3|2, 1, 0xff), "cannot parse": encoded(t, m)[:len(encoded(t, m))-1]} {
			if _, stream := m.(*surprisev1.RecommendStreamRequest); stream && want == "invalid UTF-8" {
				data = []byte{1<<3 | 2, 3, 1<<3 | 2, 1, 0xff}
			}
			into, got := target(m)
			if err := newCodec().Unmarshal(mem.BufferSlice{mem.SliceBuffer(data)}, into); err != nil {
				t.Errorf("%T: got %v, which gRPC makes INTERNAL", m, err)
			}
			if err := undecodable(got()); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%T: got %v, want %s", m, err, want)
			}
			if surelyValid(got()) {
				t.Errorf("%T: it is surely valid", m)
			}
		}
	}
}

// TestCodecWrites reuses the buffers of answers that were sent, and lets the library refuse what cannot be written.
func TestCodecWrites(t *testing.T) {
	c := newCodec()
	for i := range 100 {
		answer := &surprisev1.RecommendResponse{RequestId: strings.Repeat("r", i), Offers: []*surprisev1.Offer{{Title: strings.Repeat("茶", 100*(i%30))}}}
		for _, m := range []proto.Message{answer, &surprisev1.RecommendStreamResponse{Result: &surprisev1.RecommendStreamResponse_Response{Response: answer}},
			&surprisev1.RecommendStreamResponse{Result: &surprisev1.RecommendStreamResponse_Error{Error: &surprisev1.StreamError{Message: "no"}}}} {
			got, err := c.Marshal(m)
			if err != nil || !bytes.Equal(got.Materialize(), encoded(t, m)) {
				t.Fatalf("%v: got %x, %v", m, got.Materialize(), err)
			}
			got.Free()
		}
	}
	if _, err := c.Marshal(&surprisev1.RecommendResponse{RequestId: "\xff"}); err == nil || !strings.Contains(err.Error(), "invalid UTF-8") {
		t.Errorf("text that is not UTF-8: got %v", err)
	}
}

// TestAnswerPool gives buffers of at least the length that is asked for, and does not keep large ones.
func TestAnswerPool(t *testing.T) {
	p := new(answerPool)
	for _, n := range []int{0, 1, usualAnswer, usualAnswer + 1, largeAnswer * 2, 0} {
		buf := p.Get(n)
		if len(*buf) != n || cap(*buf) < usualAnswer {
			t.Errorf("asked for %d: got %d of %d", n, len(*buf), cap(*buf))
		}
		p.Put(buf)
		if again := p.Get(0); cap(*again) > largeAnswer {
			t.Errorf("a buffer of %d bytes was kept", cap(*again))
		}
	}
}
