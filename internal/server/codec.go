package server

import (
	"bytes"

	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/surprise-service/surprised/internal/surprise"
)

// codec is gRPC's own for protobuf, save that a request which cannot be decoded is not an INTERNAL error of the service. gRPC leaves
// no other way to answer it than to let it pass with a mark, which the guard finds.
type codec struct {
	encoding.CodecV2
}

func newCodec() encoding.CodecV2 { return codec{encoding.GetCodecV2(protocodec.Name)} }

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	err := c.CodecV2.Unmarshal(data, v)
	m, ok := v.(proto.Message)
	if err == nil || !ok {
		return err
	}
	proto.Reset(m)
	m.ProtoReflect().SetUnknown(mark(err.Error()))
	return nil
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
