package batch

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"pgregory.net/rapid"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

func offered(template string, score float64) *surprisev1.Offer {
	return &surprisev1.Offer{Template: template, Level: "plain", Score: &surprisev1.ScoreBreakdown{Score: score}}
}

func sampleResults() []Result {
	reasons := []*surprisev1.ReasonDetail{{Reason: surprisev1.Reason_AUDIENCE_MISMATCH, Templates: 3}, {Reason: surprisev1.Reason_COOLDOWN, Templates: 1}}
	return []Result{
		{Line: 1, RequestID: "a", Answer: Answer{Response: &surprisev1.RecommendResponse{RequestId: "a", Outcome: surprisev1.Outcome_OFFER,
			Offers: []*surprisev1.Offer{offered("cake", 78), offered("note", 5)}}}},
		{Line: 2, RequestID: "b", Answer: Answer{Response: &surprisev1.RecommendResponse{RequestId: "b", Outcome: surprisev1.Outcome_NONE, Reasons: reasons}}},
		{Line: 4, RequestID: "壽\x1b[31m" + strings.Repeat("x", 30), Answer: Answer{Failure: &Failure{Reason: surprise.InvalidRequest, Message: "bad\nline <&>",
			Violations: []Violation{{Field: "customer.id", Description: "empty"}}}}},
		{Line: 5, Answer: Answer{Response: &surprisev1.RecommendResponse{Outcome: surprisev1.Outcome_RECOVER_FIRST, Offers: []*surprisev1.Offer{offered("note", 12)}}}},
	}
}

func TestTable(t *testing.T) {
	var out strings.Builder
	w := NewTable(&out)
	for _, r := range sampleResults() {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	want := ` LINE  REQUEST                   OUTCOME        OFFER                              SCORE  WHY NOT, OR WHAT ELSE
    1  a                         OFFER          cake/plain                          78.0  note
    2  b                         NONE                                                     AUDIENCE_MISMATCH 3, COOLDOWN 1
    4  壽�[31mxxxxxxxxxxxxxxxxx…  failed                                                   INVALID_REQUEST: customer.id: bad�line <&>
    5                            RECOVER_FIRST  note/plain                          12.0
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestJSONLinesOut(t *testing.T) {
	var out strings.Builder
	w := NewJSONWriter(&out)
	for _, r := range sampleResults() {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 4 {
		t.Fatalf("got %d lines:\n%s", len(lines), &out)
	}
	if want := `{"line":1,"request_id":"a","decision_id":"","outcome":"OFFER","offers":[{"token":""`; !strings.HasPrefix(lines[0], want) {
		t.Errorf("got %s\nwant %s", lines[0], want)
	}
	want := `{"line":4,"request_id":"壽\u001b[31m` + strings.Repeat("x", 30) +
		`","error":{"reason":"INVALID_REQUEST","message":"bad\nline <&>","violations":[{"field":"customer.id","description":"empty"}]}}`
	if lines[2] != want {
		t.Errorf("got %s\nwant %s", lines[2], want)
	}
	for _, l := range lines {
		if !json.Valid([]byte(l)) {
			t.Errorf("no JSON: %s", l)
		}
	}
}

// TestJSONIsCompact compares with what the libraries make of it together, whatever is in its texts.
func TestJSONIsCompact(t *testing.T) {
	text := rapid.StringOfN(rapid.SampledFrom([]rune("a \\\" ,:{}[]\n\t壽\u2028<")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		res := &surprisev1.RecommendResponse{RequestId: text.Draw(t, "request_id"), DecisionId: text.Draw(t, "decision_id")}
		for _, title := range rapid.SliceOfN(text, 0, 3).Draw(t, "titles") {
			res.Offers = append(res.Offers, &surprisev1.Offer{Title: title, Message: title + title})
		}
		plain, err := protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true}.Marshal(res)
		if err != nil {
			t.Fatal(err)
		}
		var whole bytes.Buffer
		if err := json.Compact(&whole, plain); err != nil {
			t.Fatal(err)
		}
		expect := `kept{"line":7,` + whole.String()[1:] + "\n"
		if got, err := AppendJSON([]byte("kept"), Result{Line: 7, Answer: Answer{Response: res}}); err != nil || string(got) != expect {
			t.Fatalf("got %s, %v\nwant %s", got, err, expect)
		}
	})
}

func TestSummary(t *testing.T) {
	s := &Summary{}
	for _, r := range sampleResults() {
		s.Add(r)
	}
	var out strings.Builder
	if err := s.WriteText(&out, 1.25); err != nil {
		t.Fatal(err)
	}
	want := `  4 requests in 1.2 s
  1 NONE
  1 OFFER
  1 RECOVER_FIRST
  1 failed

best offers, mean score 45.0
  1 cake, mean score 78.0
  1 note, mean score 12.0

why 1 response without an offer
  1 AUDIENCE_MISMATCH, 3.0 templates each
  1 COOLDOWN, 1.0 templates each

failures
  line 4: INVALID_REQUEST: customer.id: bad�line <&>
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	report := Report{
		Requests: 4, Outcomes: map[string]int{"NONE": 1, "OFFER": 1, "RECOVER_FIRST": 1}, Failed: 1, Failures: map[string]int{"INVALID_REQUEST": 1},
		BestOffers: []BestOffer{{"cake", 1, 78}, {"note", 1, 12}}, MeanScore: 45, WithoutOffer: 1,
		Reasons: []ReasonCount{{"AUDIENCE_MISMATCH", 1, 3}, {"COOLDOWN", 1, 1}}, Seconds: 1.25,
	}
	if diff := cmp.Diff(report, s.Report(1.25)); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

func TestSummaryOfNothing(t *testing.T) {
	var out strings.Builder
	s := &Summary{}
	if err := s.WriteText(&out, 0); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(s.Report(0))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"requests":0,"outcomes":{},"failed":0,"failures":{},"best_offers":[],"mean_score":0,"without_offer":0,"reasons":[],"seconds":0}`
	if string(text) != want {
		t.Errorf("got %s\nwant %s", text, want)
	}
}
