package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/recommend"
	"github.com/surprise-service/surprised/internal/surprise"
)

// deciderFunc answers each group by a function.
type deciderFunc func(ctx context.Context, reqs []*surprisev1.RecommendRequest) ([]Answer, error)

func (f deciderFunc) Decide(ctx context.Context, reqs []*surprisev1.RecommendRequest) ([]Answer, error) {
	return f(ctx, reqs)
}

// echo answers each request with its own id.
func echo(_ context.Context, reqs []*surprisev1.RecommendRequest) ([]Answer, error) {
	answers := make([]Answer, len(reqs))
	for i, r := range reqs {
		answers[i].Response = &surprisev1.RecommendResponse{RequestId: r.GetRequestId(), Outcome: surprisev1.Outcome_NONE}
	}
	return answers, nil
}

// jsonl makes n requests.
func jsonl(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"request_id":"r%d","customer":{"id":"c%d"},"moment":{"stage":"after","channel":"CRM"}}`+"\n", i+1, i+1)
	}
	return b.String()
}

func TestRunKeepsTheOrder(t *testing.T) {
	const n = 500
	var busy, most atomic.Int32
	// Every third group takes longest, so that later ones overtake it.
	slow := deciderFunc(func(ctx context.Context, reqs []*surprisev1.RecommendRequest) ([]Answer, error) {
		most.Store(max(most.Load(), busy.Add(1)))
		defer busy.Add(-1)
		if len(reqs[0].GetRequestId())%3 == 0 {
			time.Sleep(3 * time.Millisecond)
		}
		return echo(ctx, reqs)
	})
	line := 0
	err := Run(t.Context(), NewJSONLines(strings.NewReader(jsonl(n))), slow, func(r Result) error {
		line++
		if r.Line != line || r.RequestID != fmt.Sprint("r", line) || r.Response.GetRequestId() != r.RequestID {
			t.Errorf("result %d is of line %d, request %s, response %s", line, r.Line, r.RequestID, r.Response.GetRequestId())
		}
		return nil
	}, Options{Workers: 8, GroupSize: 7})
	if err != nil || line != n {
		t.Errorf("got %d results and %v, want %d", line, err, n)
	}
	if most.Load() < 2 {
		t.Error("groups were decided one after the other")
	}
}

// TestRunFormats has each result's own text, good or bad, though buffers are used again.
func TestRunFormats(t *testing.T) {
	const n = 500
	input := jsonl(n) + "no JSON\n" + jsonl(n)
	var got, want strings.Builder
	err := Run(t.Context(), NewJSONLines(strings.NewReader(input)), deciderFunc(echo), func(r Result) error {
		got.Write(r.Text)
		r.Text = nil
		return NewJSONWriter(&want).Write(r)
	}, Options{Workers: 4, GroupSize: 9, Format: AppendJSON})
	if err != nil || strings.Count(got.String(), "\n") != 2*n+1 || got.String() != want.String() {
		t.Errorf("texts differ from what is written without (%d lines), error %v", strings.Count(got.String(), "\n"), err)
	}
	broken := errors.New("broken")
	err = Run(t.Context(), NewJSONLines(strings.NewReader(jsonl(n))), deciderFunc(echo), func(Result) error { return nil },
		Options{Format: func(dst []byte, r Result) ([]byte, error) {
			if r.Line == n {
				return dst, broken
			}
			return dst, nil
		}})
	if !errors.Is(err, broken) {
		t.Errorf("a text that cannot be made: got error %v, want %v", err, broken)
	}
}

func TestRunGoesOnAfterBadLines(t *testing.T) {
	in := strings.Join([]string{
		`{"request_id":"fine","customer":{"id":"c"},"moment":{"stage":"after","channel":"CRM"}}`,
		`{"request_id":"broken",`,
		`{"request_id":"invalid","customer":{"id":"","open_complaints":-1},"moment":{"stage":"after","channel":"CRM"}}`,
		`{"request_id":"empty"}`,
		`{"request_id":"refused","customer":{"id":"c"},"moment":{"stage":"nowhere","channel":"CRM"}}`,
	}, "\n")
	local := Local{recommender{}}
	var got []string
	err := Run(t.Context(), NewJSONLines(strings.NewReader(in)), local, func(r Result) error {
		text := fmt.Sprintf("%d %s %s", r.Line, r.RequestID, r.Response.GetOutcome())
		if r.Failure != nil {
			text = fmt.Sprintf("%d %s %s: %s", r.Line, r.RequestID, r.Failure.Reason, r.Failure.Message)
			for _, v := range r.Failure.Violations {
				text += fmt.Sprintf(" [%s: %s]", v.Field, v.Description)
			}
		}
		got = append(got, text)
		return nil
	}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1 fine OFFER",
		"2 broken INVALID_REQUEST: the JSON ends too early",
		"3 invalid INVALID_REQUEST: customer.id: must be at least 1 characters [customer.id: must be at least 1 characters] [customer.open_complaints: must be greater than or equal to 0 and less than or equal to 1000000]",
		"4 empty INVALID_REQUEST: customer: value is required [customer: value is required] [moment: value is required]",
		"5 refused UNKNOWN_STAGE: there is no such stage [moment.stage: there is no such stage]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

// recommender is a fake that knows one stage.
type recommender struct{}

func (recommender) Batch(_ context.Context, reqs []*surprisev1.RecommendRequest) []recommend.Result {
	out := make([]recommend.Result, len(reqs))
	for i, r := range reqs {
		if r.GetMoment().GetStage() == "after" {
			out[i].Response = &surprisev1.RecommendResponse{RequestId: r.GetRequestId(), Outcome: surprisev1.Outcome_OFFER}
		} else {
			out[i].Err = surprise.FieldErrorf(surprise.UnknownStage, "moment.stage", "there is no such stage")
		}
	}
	return out
}

func TestRunPrepares(t *testing.T) {
	want := timestamppb.New(time.Date(2014, 7, 1, 12, 0, 0, 0, time.UTC))
	check := deciderFunc(func(ctx context.Context, reqs []*surprisev1.RecommendRequest) ([]Answer, error) {
		if got := reqs[0].GetMoment().GetTime(); !got.AsTime().Equal(want.AsTime()) {
			t.Errorf("got time %v, want %v", got, want)
		}
		return echo(ctx, reqs)
	})
	err := Run(t.Context(), NewJSONLines(strings.NewReader(jsonl(1))), check, func(Result) error { return nil }, Options{
		Prepare: func(r *surprisev1.RecommendRequest) { r.Moment.Time = want },
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRunStops(t *testing.T) {
	cause := errors.New("nobody there")
	for name, test := range map[string]struct {
		src     Source
		decider deciderFunc
		sink    func(Result) error
		want    int // results before the end
	}{
		"the server is gone": {
			src: NewJSONLines(strings.NewReader(jsonl(100))), want: 20,
			decider: func(ctx context.Context, reqs []*surprisev1.RecommendRequest) ([]Answer, error) {
				if reqs[0].GetRequestId() == "r21" {
					return nil, cause
				}
				return echo(ctx, reqs)
			},
		},
		"too few answers": {
			src:     NewJSONLines(strings.NewReader(jsonl(100))),
			decider: func(context.Context, []*surprisev1.RecommendRequest) ([]Answer, error) { return nil, nil },
		},
		"the input fails": {src: NewJSONLines(brokenReader{strings.NewReader(jsonl(15))}), decider: echo, want: 15},
		"the output fails": {
			src: NewJSONLines(strings.NewReader(jsonl(100))), decider: echo, want: 5,
			sink: func(r Result) error {
				if r.Line > 5 {
					return cause
				}
				return nil
			},
		},
	} {
		got := 0
		err := Run(t.Context(), test.src, test.decider, func(r Result) error {
			if test.sink != nil {
				if err := test.sink(r); err != nil {
					return err
				}
			}
			got++
			return nil
		}, Options{Workers: 3, GroupSize: 10})
		if err == nil || got != test.want {
			t.Errorf("%s: got %d results and %v, want %d and an error", name, got, err, test.want)
		}
	}
}

func TestRunEndsWithItsContextEvenIfTheInputHangs(t *testing.T) {
	r, w := io.Pipe() // nothing is ever written
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if err := Run(ctx, NewJSONLines(r), deciderFunc(echo), func(Result) error { return nil }, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}
