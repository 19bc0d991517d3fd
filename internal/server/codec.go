package server

import (
	"bytes"
	"sync"

	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
	"github.com/surprise-service/surprised/internal/wire"
)

// codec is gRPC's own for protobuf, with two exceptions. What every decision has to read and write goes through package wire, as far as that
// understands it. And a request which cannot be decoded is not an INTERNAL error of the service: gRPC leaves no other way to answer it than to
// let it pass with a mark, which the guard finds.
type codec struct {
	encoding.CodecV2
	answers *answerPool
}

func newCodec() codec {
	return codec{encoding.GetCodecV2(protocodec.Name), new(answerPool)}
}

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if d, ok := v.(*decision); ok {
		return c.readDecision(data, d)
	}
	err := c.CodecV2.Unmarshal(data, v)
	m, ok := v.(proto.Message)
	if err == nil || !ok {
		return err
	}
	proto.Reset(m)
	m.ProtoReflect().SetUnknown(mark(err.Error()))
	return nil
}

// readDecision reads a request of a decision, in the fast way if it has nothing unusual in it.
func (c codec) readDecision(data mem.BufferSlice, d *decision) error {
	if data.Len() <= wire.Longest && d.readFast(textOf(data)) {
		return nil
	}
	if d.element != nil {
		proto.Reset(d.element)
		err := c.Unmarshal(data, d.element)
		d.request = d.element.GetRequest()
		return err
	}
	d.request = new(surprisev1.RecommendRequest)
	return c.Unmarshal(data, d.request)
}

// textOf copies data: gRPC uses its buffers again, and a request lives on.
func textOf(data mem.BufferSlice) string {
	buf := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer buf.Free()
	return string(buf.ReadOnlyData())
}

// Marshal implements encoding.CodecV2. A decision is over with it.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	var ok bool
	switch m := v.(type) {
	case *decision:
		answer, err := m.answer, m.failed
		m.server.decisions.put(m)
		return answer, err
	case *surprisev1.RecommendResponse:
		buf := c.answers.Get(0)
		if *buf, ok = wire.AppendResponse(*buf, m); ok {
			return mem.BufferSlice{mem.NewBuffer(buf, c.answers)}, nil
		}
	case *surprisev1.RecommendStreamResponse:
		buf := c.answers.Get(0)
		if *buf, ok = wire.AppendStreamResponse(*buf, m); ok {
			return mem.BufferSlice{mem.NewBuffer(buf, c.answers)}, nil
		}
	}
	return c.CodecV2.Marshal(v)
}

// answerPool keeps the buffers of answers that were sent. They begin empty and grow with what is written, so they need not be cleared, as those
// of gRPC's own pools are.
type answerPool struct{ pool sync.Pool }

const (
	usualAnswer = 4 << 10  // bytes that a new buffer has room for
	largeAnswer = 64 << 10 // larger ones are not kept
)

// Get implements mem.BufferPool.
func (p *answerPool) Get(length int) *[]byte {
	buf, ok := p.pool.Get().(*[]byte)
	if !ok || cap(*buf) < length {
		fresh := make([]byte, length, max(length, usualAnswer))
		return &fresh
	}
	*buf = (*buf)[:length]
	return buf
}

// Put implements mem.BufferPool.
func (p *answerPool) Put(buf *[]byte) {
	if cap(*buf) <= largeAnswer {
		p.pool.Put(buf)
	}
}

// markField is a field number that no message has: the last that protobuf allows.
const markField = 1<<29 - 1

func mark(text string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, markField, protowire.BytesType), text)
}

// undecodable returns the error that a marked request was decoded with.
func undecodable(m proto.Message) error {
	unknown := m.ProtoReflect().GetUnknown()
	if len(unknown) == 0 || !bytes.HasPrefix(unknown, protowire.AppendTag(nil, markField, protowire.BytesType)) {
		return nil
	}
	text, _ := protowire.ConsumeBytes(unknown[protowire.SizeTag(markField):])
	return surprise.FieldErrorf(surprise.InvalidRequest, "request", "the message cannot be decoded: %s", text)
}
