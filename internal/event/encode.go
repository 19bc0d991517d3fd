package event

import (
	"fmt"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Every claim writes events, so they are written field by field into one piece of memory, without messages and a map in between: the same bytes as
// protobuf's deterministic encoding.

// Fields of io.cloudevents.v1.CloudEvent, of the entries of its attributes and their values, of google.protobuf.Any and google.protobuf.Timestamp.
const (
	fieldID          protowire.Number = 1
	fieldSource      protowire.Number = 2
	fieldSpecVersion protowire.Number = 3
	fieldType        protowire.Number = 4
	fieldAttributes  protowire.Number = 5
	fieldProtoData   protowire.Number = 8
	fieldKey         protowire.Number = 1
	fieldValue       protowire.Number = 2
	fieldString      protowire.Number = 3
	fieldTimestamp   protowire.Number = 7
	fieldSeconds     protowire.Number = 1
	fieldNanos       protowire.Number = 2
	typeURL                           = "type.googleapis.com/surprise.v1.Event"
)

// overhead is more than what an event has besides its data, its subject (twice) and its type (twice). It only saves memory to be copied.
const overhead = 320

// Encode returns a CloudEvent in protobuf. The id is made from what happened and from the place that it has, the version of the customer's record and
// its number among the events of that: the same event has the same id however often it is delivered, and no other event has it.
func Encode(e *surprisev1.Event, version uint64, number int) ([]byte, error) {
	size, subject := proto.Size(e), Subject(e)
	out := make([]byte, 0, size+2*len(subject)+2*len(e.GetType())+overhead)
	var space [192]byte
	out = appendBytes(out, fieldID, appendID(space[:0], e, subject, version, number))
	out = appendText(out, fieldSource, source)
	out = appendText(out, fieldSpecVersion, specVersion)
	out = appendBytes(out, fieldType, append(append(space[:0], typePrefix...), e.GetType()...))
	// In the order of their names. What has the same partition key is in order.
	out = appendAttribute(out, "datacontenttype", fieldString, "application/protobuf")
	out = appendAttribute(out, "partitionkey", fieldString, e.GetCustomerKey())
	out = appendAttribute(out, "subject", fieldString, subject)
	out = appendAttribute(out, "time", fieldTimestamp, string(appendTime(space[:0], e.GetTime())))
	out = protowire.AppendTag(out, fieldProtoData, protowire.BytesType)
	out = protowire.AppendVarint(out, uint64(sizeText(len(typeURL))+sizeText(size))) //nolint:gosec // no message is longer than 2^31
	out = appendText(out, fieldKey, typeURL)
	out = protowire.AppendTag(out, fieldValue, protowire.BytesType)
	out = protowire.AppendVarint(out, uint64(size)) //nolint:gosec // as above
	out, err := proto.MarshalOptions{UseCachedSize: true}.MarshalAppend(out, e)
	if err != nil {
		return nil, fmt.Errorf("event: encode: %w", err)
	}
	return out, nil
}

// appendID appends the id of an event.
func appendID(b []byte, e *surprisev1.Event, subject string, version uint64, number int) []byte {
	b = append(append(append(b, subject...), '.'), e.GetType()...)
	b = strconv.AppendInt(append(b, '.'), e.GetTime().AsTime().UnixMicro(), 10)
	b = strconv.AppendUint(append(b, '.'), version, 10)
	return strconv.AppendInt(append(b, '.'), int64(number), 10)
}

// appendTime appends the fields of a time, as far as they are not zero.
func appendTime(b []byte, t *timestamppb.Timestamp) []byte {
	if s := t.GetSeconds(); s != 0 {
		b = protowire.AppendVarint(protowire.AppendTag(b, fieldSeconds, protowire.VarintType), uint64(s)) //nolint:gosec // protobuf's own way with signs
	}
	if n := t.GetNanos(); n != 0 {
		b = protowire.AppendVarint(protowire.AppendTag(b, fieldNanos, protowire.VarintType), uint64(n)) //nolint:gosec // as above
	}
	return b
}

func appendText(b []byte, field protowire.Number, text string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), text)
}

func appendBytes(b []byte, field protowire.Number, text []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), text)
}

// sizeText is how long a field of a number below 16 is, with a text of this length.
func sizeText(length int) int { return 1 + protowire.SizeBytes(length) }

// appendAttribute appends an entry of the attributes, whose value has one field.
func appendAttribute(b []byte, name string, kind protowire.Number, value string) []byte {
	inner := sizeText(len(value))
	b = protowire.AppendTag(b, fieldAttributes, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(sizeText(len(name))+sizeText(inner))) //nolint:gosec // lengths of texts
	b = appendText(b, fieldKey, name)
	b = protowire.AppendTag(b, fieldValue, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(inner)) //nolint:gosec // as above
	return appendText(b, kind, value)
}
