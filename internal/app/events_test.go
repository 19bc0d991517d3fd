package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/config"
)

// testServices is the configuration of a service with the catalogue in which each of the eight services has its own stage.
func testServices(store string) config.Config {
	cfg := testConfig(store)
	cfg.CatalogDir = "../../examples/services"
	return cfg
}

// postWishes makes an event each.
func (s *service) postWishes(who string, n int) {
	s.t.Helper()
	for i := range n {
		if _, err := s.wishes().PostWish(s.t.Context(), &surprisev1.PostWishRequest{RequestId: strconv.Itoa(i), CustomerId: who + strconv.Itoa(i), Text: "an umbrella"}); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *service) wishes() surprisev1.WishServiceClient {
	return surprisev1.NewWishServiceClient(s.conn)
}

// read takes n events of a stream, and cuts it off.
func (s *service) read(after string, n int) (ids []string, cursor string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	stream, err := surprisev1.NewEventServiceClient(s.conn).Watch(ctx, &surprisev1.WatchRequest{After: after})
	if err != nil {
		s.t.Fatal(err)
	}
	for range n {
		res, err := stream.Recv()
		if err != nil {
			s.t.Fatal(err)
		}
		ids, cursor = append(ids, res.GetEvent().GetId()), res.GetCursor()
	}
	return ids, cursor
}

// line is a CloudEvent as HTTP has it.
type line struct {
	SpecVersion, ID, Type, Cursor, DataContentType string
	Data                                           struct{ Wish struct{ Text string } }
	Error                                          *struct{ Message string }
}

func (s *service) events(query string) (*http.Response, *bufio.Scanner) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.web+"/v1/events?"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { res.Body.Close() })
	return res, bufio.NewScanner(res.Body)
}

func (s *service) line(in *bufio.Scanner) (out line) {
	s.t.Helper()
	if !in.Scan() {
		s.t.Fatalf("the stream ends: %v", in.Err())
	}
	if err := json.Unmarshal(in.Bytes(), &out); err != nil {
		s.t.Fatalf("%v in %s", err, in.Bytes())
	}
	return out
}

// TestWatchGoesOnAfterACut has every event once, on each store and over both transports, when streams are cut off at any place.
func TestWatchGoesOnAfterACut(t *testing.T) {
	for name, store := range stores(t) {
		t.Run(name, func(t *testing.T) {
			s := start(t, testServices(store))
			const n = 7
			s.postWishes("w", n)
			whole, _ := s.read("", n)
			var parts []string
			for cursor := ""; len(parts) < n; {
				var ids []string
				ids, cursor = s.read(cursor, min(2, n-len(parts)))
				parts = append(parts, ids...)
			}
			if strings.Join(parts, " ") != strings.Join(whole, " ") {
				t.Errorf("in parts %q, as a whole %q", parts, whole)
			}
			cursor := ""
			for i := range n {
				res, in := s.events("untilEnd=true&types=wish.posted&after=" + cursor)
				if got := s.line(in); got.ID != whole[i] || got.SpecVersion != "1.0" || got.Type != "surprise.v1.wish.posted" || got.Data.Wish.Text != "" ||
					got.DataContentType != "application/json" || res.Header.Get("Content-Type") != "application/x-ndjson" {
					t.Errorf("event %d over HTTP: got %+v, %v", i, got, res.Header)
				} else {
					cursor = got.Cursor
				}
			}
			if _, in := s.events("untilEnd=true&after=" + cursor); in.Scan() {
				t.Errorf("after the last one comes %s", in.Bytes())
			}
		})
	}
}

// TestWatchNow is connected before anything happens, and then has what comes.
func TestWatchNow(t *testing.T) {
	s := start(t, testServices("mem:"))
	s.postWishes("before", 1)
	_, in := s.events("after=now")
	stream, err := surprisev1.NewEventServiceClient(s.conn).Watch(t.Context(), &surprisev1.WatchRequest{After: "now"})
	if err != nil {
		t.Fatal(err)
	}
	if header, err := stream.Header(); err != nil || header == nil {
		t.Fatalf("got %v, %v", header, err)
	}
	s.postWishes("after", 1)
	res, err := stream.Recv()
	if got := s.line(in); err != nil || got.ID != res.GetEvent().GetId() {
		t.Errorf("over HTTP %+v, over gRPC %v, %v", got, res, err)
	}
}

// TestWatchWaitsForMore after what was there before.
func TestWatchWaitsForMore(t *testing.T) {
	s := start(t, testServices("mem:"))
	s.postWishes("before", 2)
	_, in := s.events("")
	stream, err := surprisev1.NewEventServiceClient(s.conn).Watch(t.Context(), &surprisev1.WatchRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		if i == 2 { // both wait at the end of the log by now, or soon
			s.postWishes("after", 2)
		}
		res, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if got := s.line(in); got.ID != res.GetEvent().GetId() {
			t.Errorf("event %d: over HTTP %+v, over gRPC %v", i, got, res)
		}
	}
}

// TestStopEndsWatchers at once, and tells them to go on elsewhere.
func TestStopEndsWatchers(t *testing.T) {
	s := start(t, testServices("mem:"))
	_, in := s.events("after=now")
	stream, err := surprisev1.NewEventServiceClient(s.conn).Watch(t.Context(), &surprisev1.WatchRequest{After: "now"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Header(); err != nil {
		t.Fatal(err)
	}
	begun, ended := time.Now(), make(chan error, 1)
	go func() {
		_, err := stream.Recv()
		ended <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.app.Stop(ctx); err != nil {
		t.Error(err)
	}
	s.app = nil
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("the stop took %v", took)
	}
	if err := <-ended; status.Code(err) != codes.Unavailable || reason(err) != "STORE_UNAVAILABLE" {
		t.Errorf("gRPC: got %v", err)
	}
	if got := s.line(in); got.Error == nil || !strings.Contains(got.Error.Message, "is stopping") {
		t.Errorf("HTTP: got %+v", got)
	}
	if err := s.conn.Close(); err != nil {
		t.Error(err)
	}
}

// TestWatchRefused has the status of the refusal, on both transports.
func TestWatchRefused(t *testing.T) {
	s := start(t, testServices("mem:"))
	for query, req := range map[string]*surprisev1.WatchRequest{
		"after=nowhere":    {After: "nowhere"},
		"types=claim.hold": {Types: []string{"claim.hold"}},
		"types=CLAIM":      {Types: []string{"CLAIM"}},
	} {
		res, in := s.events(query)
		body := ""
		for in.Scan() {
			body += in.Text()
		}
		if res.StatusCode != http.StatusBadRequest || !strings.Contains(body, "INVALID_REQUEST") {
			t.Errorf("%s: got %d, %s", query, res.StatusCode, body)
		}
		stream, err := surprisev1.NewEventServiceClient(s.conn).Watch(t.Context(), req)
		if err == nil {
			_, err = stream.Recv()
		}
		if status.Code(err) != codes.InvalidArgument || reason(err) != "INVALID_REQUEST" || errors.Is(err, io.EOF) {
			t.Errorf("%s over gRPC: got %v", query, err)
		}
	}
}
