package event

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Every claim writes an event, so it is written field by field, without a message and a map in between: the same bytes as protobuf's deterministic encoding.

// Fields of io.cloudevents.v1.CloudEvent, of the entries of its attributes and their values, and of google.protobuf.Any.
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
	typeURL                           = "type.googleapis.com/surprise.v1.Event"
)

// Encode returns a CloudEvent in protobuf. The id is made from what happened and from the place that it has, the version of the customer's record and
// its number among the events of that: the same event has the same id however often it is delivered, and no other event has it.
func Encode(e *surprisev1.Event, version uint64, number int) ([]byte, error) {
	data, err := proto.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("event: encode: %w", err)
	}
	at, err := proto.Marshal(e.GetTime())
	if err != nil {
		return nil, fmt.Errorf("event: encode time: %w", err)
	}
	subject := Subject(e)
	out := make([]byte, 0, 512)
	out = appendText(out, fieldID, fmt.Sprintf("%s.%s.%d.%d.%d", subject, e.GetType(), e.GetTime().AsTime().UnixMicro(), version, number))
	out = appendText(out, fieldSource, source)
	out = appendText(out, fieldSpecVersion, specVersion)
	out = appendText(out, fieldType, typePrefix+e.GetType())
	// In the order of their names. What has the same partition key is in order.
	out = appendAttribute(out, "datacontenttype", fieldString, "application/protobuf")
	out = appendAttribute(out, "partitionkey", fieldString, e.GetCustomerKey())
	out = appendAttribute(out, "subject", fieldString, subject)
	out = appendAttribute(out, "time", fieldTimestamp, string(at))
	content := appendText(make([]byte, 0, len(typeURL)+len(data)+8), fieldKey, typeURL)
	return appendText(out, fieldProtoData, string(appendText(content, fieldValue, string(data)))), nil
}

// appendText appends a string, bytes or a message.
func appendText(b []byte, field protowire.Number, text string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), text)
}

// appendAttribute appends an entry of the attributes, whose value has one field.
func appendAttribute(b []byte, name string, kind protowire.Number, value string) []byte {
	entry := appendText(make([]byte, 0, len(name)+len(value)+8), fieldKey, name)
	return appendText(b, fieldAttributes, string(appendText(entry, fieldValue, string(appendText(nil, kind, value)))))
}
