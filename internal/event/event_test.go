package event_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	cloudeventsv1 "github.com/surprise-service/surprised/api/io/cloudevents/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
)

var update = flag.Bool("update", false, "write the golden files anew")

func at(second int) *timestamppb.Timestamp {
	return timestamppb.New(time.Date(2026, 3, 2, 10, 0, second, 500_000_000, time.UTC))
}

// examples has an event for each thing that events are about.
func examples() map[string]*surprisev1.Event {
	return map[string]*surprisev1.Event{
		"claim": {Type: event.ClaimConfirmed, CustomerKey: "kann", Time: at(1), Claim: &surprisev1.Claim{
			ClaimId: "cann1", State: surprisev1.ClaimState_CONFIRMED, Template: "cake", Level: "small", Kind: surprisev1.Kind_CAKE, StaffId: "<mei> & 美", Created: at(0), Delivered: at(1),
		}},
		"wish": {Type: event.WishPosted, CustomerKey: "kann", Time: at(2), Wish: &surprisev1.Wish{
			WishId: "cann2", State: surprisev1.WishState_OPEN, Store: "north", Privacy: surprisev1.WishPrivacy_ON_THE_WALL, Posted: at(2), Tags: []string{"cake"},
		}},
		"ticket":  {Type: event.WaitlistTurn, CustomerKey: "kann", Time: at(3), Ticket: &surprisev1.Ticket{TicketId: "cann3", State: surprisev1.TicketState_TURN, TurnUntil: at(9)}},
		"outcome": {Type: event.OutcomeRecorded, CustomerKey: "kann", Time: at(4), Outcome: &surprisev1.OutcomeRecord{OutcomeId: "o1", Kind: surprisev1.OutcomeKind_RENEWAL, ValueMinor: -5}},
		"erased":  {Type: event.CustomerErased, CustomerKey: "kann", Time: at(5)},
	}
}

func encoded(t *testing.T, e *surprisev1.Event) *cloudeventsv1.CloudEvent {
	t.Helper()
	data, err := event.Encode(e, 3, 0)
	if err != nil {
		t.Fatal(err)
	}
	ce, back, err := event.Decode(data)
	if err != nil || !proto.Equal(back, e) {
		t.Fatalf("decoded %v (%v), want %v", back, err, e)
	}
	return ce
}

func TestJSON(t *testing.T) {
	for name, e := range examples() {
		cursor := ""
		if name == "wish" {
			cursor = "1700000000000-0"
		}
		got, err := event.JSON(encoded(t, e), cursor)
		if err != nil {
			t.Fatal(err)
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, got, "", "  "); err != nil {
			t.Fatalf("%s: %v in %s", name, err, got)
		}
		pretty.WriteByte('\n')
		file := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(file, pretty.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if pretty.String() != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, pretty.String(), want)
		}
	}
}

// The rules of CloudEvents 1.0 for what every event must have, and for the names of attributes.
func TestJSONIsACloudEvent(t *testing.T) {
	name := regexp.MustCompile(`^[a-z0-9]{1,20}$`)
	for what, e := range examples() {
		got, err := event.JSON(encoded(t, e), "7")
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(got, &fields); err != nil {
			t.Fatal(err)
		}
		for _, required := range []string{"specversion", "id", "source", "type"} {
			if s, ok := fields[required].(string); !ok || s == "" {
				t.Errorf("%s: no %s in %s", what, required, got)
			}
		}
		for field := range fields {
			if !name.MatchString(field) {
				t.Errorf("%s: the attribute %q has no valid name", what, field)
			}
		}
		if _, err := time.Parse(time.RFC3339, fields["time"].(string)); err != nil {
			t.Error(err)
		}
		if fields["type"] != "surprise.v1."+e.GetType() || fields["cursor"] != "7" {
			t.Errorf("%s: %s", what, got)
		}
	}
}

func TestTheSameEventHasTheSameBytes(t *testing.T) {
	for name, e := range examples() {
		first, err := event.Encode(e, 3, 0)
		if err != nil {
			t.Fatal(err)
		}
		again, err := event.Encode(proto.CloneOf(e), 3, 0)
		if err != nil || !bytes.Equal(first, again) {
			t.Errorf("%s: encoded twice, the bytes differ (%v)", name, err)
		}
		a, errA := event.JSON(encoded(t, e), "1")
		b, errB := event.JSON(encoded(t, e), "1")
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: as JSON %s and %s", name, a, b)
		}
	}
}

func TestSubjects(t *testing.T) {
	want := map[string]string{"claim": "cann1", "wish": "cann2", "ticket": "cann3", "outcome": "o1", "erased": "kann"}
	ids := map[string]bool{}
	for name, e := range examples() {
		if got := event.Subject(e); got != want[name] {
			t.Errorf("%s: subject %q, want %q", name, got, want[name])
		}
		ce := encoded(t, e)
		if ids[ce.GetId()] || !strings.HasPrefix(ce.GetId(), want[name]+".") {
			t.Errorf("%s: id %q", name, ce.GetId())
		}
		ids[ce.GetId()] = true
	}
}

func TestDecodeRefuses(t *testing.T) {
	other, err := anypb.New(at(0))
	if err != nil {
		t.Fatal(err)
	}
	for name, ce := range map[string]*cloudeventsv1.CloudEvent{
		"no data":    {Id: "1"},
		"other data": {Id: "1", Data: &cloudeventsv1.CloudEvent_ProtoData{ProtoData: other}},
	} {
		data, err := proto.Marshal(ce)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := event.Decode(data); err == nil {
			t.Errorf("%s is decoded", name)
		}
		if _, err := event.JSON(ce, ""); err == nil {
			t.Errorf("%s is written as JSON", name)
		}
	}
	if _, _, err := event.Decode([]byte{0xff}); err == nil {
		t.Error("garbage is decoded")
	}
}

// The proto lists all types for callers; so does Types.
func TestTypesAreThoseOfTheProto(t *testing.T) {
	source, err := os.ReadFile("../../api/surprise/v1/event.proto")
	if err != nil {
		t.Fatal(err)
	}
	_, doc, _ := strings.Cut(string(source), "// One of ")
	doc, _, _ = strings.Cut(doc, "string type = 1")
	listed := regexp.MustCompile(`\b(claim|delivery|trial|outcome|wish|waitlist|card|customer)\.[a-z]+\b`).FindAllString(doc, -1)
	slices.Sort(listed)
	if got := event.Types(); !slices.Equal(got, listed) {
		t.Errorf("types %v, the proto has %v", got, listed)
	}
}

// What is written field by field is what protobuf writes.
func TestEncodingIsThatOfProtobuf(t *testing.T) {
	for name, e := range examples() {
		data, err := event.Encode(e, 7, 1)
		if err != nil {
			t.Fatal(err)
		}
		ce := &cloudeventsv1.CloudEvent{}
		if err := proto.Unmarshal(data, ce); err != nil {
			t.Fatal(err)
		}
		want, err := proto.MarshalOptions{Deterministic: true}.Marshal(ce)
		if err != nil || !bytes.Equal(data, want) {
			t.Errorf("%s: %x, protobuf writes %x, %v", name, data, want, err)
		}
	}
}
