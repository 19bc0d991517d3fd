package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	cloudeventsv1 "github.com/surprise-service/surprised/api/io/cloudevents/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// structured is the JSON event format of CloudEvents 1.0, https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
type structured struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject,omitempty"`
	Time            string          `json:"time,omitempty"`
	DataContentType string          `json:"datacontenttype"`
	PartitionKey    string          `json:"partitionkey,omitempty"`
	Cursor          string          `json:"cursor,omitempty"`
	Data            json.RawMessage `json:"data"`
}

// JSON returns an event in the JSON event format. Its data is written as the HTTP API writes messages. Cursor, if not empty, becomes the extension
// attribute of this name: where to go on from. The same event gives the same bytes.
func JSON(ce *cloudeventsv1.CloudEvent, cursor string) ([]byte, error) {
	data, err := dataJSON(ce)
	if err != nil {
		return nil, err
	}
	attributes := ce.GetAttributes()
	out := structured{
		SpecVersion: ce.GetSpecVersion(), ID: ce.GetId(), Source: ce.GetSource(), Type: ce.GetType(),
		Subject: attributes["subject"].GetCeString(), PartitionKey: attributes["partitionkey"].GetCeString(),
		DataContentType: "application/json", Cursor: cursor, Data: data,
	}
	if at := attributes["time"].GetCeTimestamp(); at != nil {
		out.Time = at.AsTime().Format(time.RFC3339Nano)
	}
	written, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("event: write JSON: %w", err)
	}
	return written, nil
}

func dataJSON(ce *cloudeventsv1.CloudEvent) ([]byte, error) {
	if ce.GetProtoData() == nil {
		return nil, errors.New("event: write JSON: it has no data")
	}
	e := &surprisev1.Event{}
	if err := ce.GetProtoData().UnmarshalTo(e); err != nil {
		return nil, fmt.Errorf("event: write JSON: data: %w", err)
	}
	loose, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("event: write JSON: data: %w", err)
	}
	// protojson spaces its output at random, so that nobody relies on its bytes.
	var tight bytes.Buffer
	if err := json.Compact(&tight, loose); err != nil {
		return nil, fmt.Errorf("event: write JSON: data: %w", err)
	}
	return tight.Bytes(), nil
}
