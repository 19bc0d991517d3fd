package redisstore

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// sent is what a sender under test sends over one connection. It is answered when end is closed.
type sent struct {
	ctx  context.Context //nolint:containedctx // what the sender gave it
	cmds []redis.Cmder
	end  chan struct{}
}

// names returns what was sent.
func (s sent) names() (out []string) {
	for _, c := range s.cmds {
		out = append(out, c.Name())
	}
	return out
}

// newTestSender returns a sender to a Redis that answers each command with its own name, when the test says so.
func newTestSender() (*sender, chan sent) {
	began := make(chan sent, 100)
	return &sender{max: quickLanes + 1, exec: func(ctx context.Context, cmds []redis.Cmder) {
		s := sent{ctx, cmds, make(chan struct{})}
		began <- s
		<-s.end
		for _, c := range cmds {
			c.(onceCmd).SetVal(c.Name()) //nolint:forcetypeassert // nothing else is sent
		}
	}}, began
}

// asks has a caller send a command, and returns what it was told: the name, or why not.
func asks(ctx context.Context, s *sender, name string) <-chan string {
	told := make(chan string, 1)
	go func() {
		cmd := onceCmd{redis.NewCmd(ctx, name)}
		if err := s.process(ctx, cmd); err != nil {
			told <- err.Error()
			return
		}
		text, _ := cmd.Text()
		told <- text
	}()
	return told
}

// next returns the next that is sent.
func next(t *testing.T, began <-chan sent) sent {
	t.Helper()
	select {
	case s := <-began:
		return s
	case <-time.After(10 * time.Second):
		t.Fatal("nothing is sent")
		return sent{}
	}
}

// waits returns when so many callers wait for a connection.
func waits(t *testing.T, s *sender, n int) {
	t.Helper()
	for range 10_000 {
		s.mu.Lock()
		got := len(s.waiting)
		s.mu.Unlock()
		if got == n {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("%d callers never waited", n)
}

// fill has as many connections in use as the sender may have, so that all others wait.
func fill(t *testing.T, s *sender, began <-chan sent) (lanes []sent, told []<-chan string) {
	t.Helper()
	for n := range s.max {
		told = append(told, asks(t.Context(), s, "lane"+string(rune('0'+n))))
		lanes = append(lanes, next(t, began)) // the last one as soon as another is slow
	}
	return lanes, told
}

// TestTogether sends what waits in one pipeline; all get their own answers.
func TestTogether(t *testing.T) {
	s, began := newTestSender()
	lanes, told := fill(t, s, began)
	for n, name := range []string{"a", "b", "c"} {
		told = append(told, asks(t.Context(), s, name))
		waits(t, s, n+1)
	}
	close(lanes[0].end)
	batch := next(t, began)
	if got := batch.names(); len(got) != 3 {
		t.Errorf("sent %v together, want all three", got)
	}
	for _, l := range append(lanes[1:], batch) {
		close(l.end)
	}
	for n, want := range []string{"lane0", "lane1", "lane2", "a", "b", "c"} {
		if got := <-told[n]; got != want {
			t.Errorf("caller %d was told %q, want %q", n, got, want)
		}
	}
	waits(t, s, 0)
}

// TestGone has a caller leave before its command is sent: it never is.
func TestGone(t *testing.T) {
	s, began := newTestSender()
	lanes, _ := fill(t, s, began)
	ctx, cancel := context.WithCancel(t.Context())
	gone := asks(ctx, s, "gone")
	waits(t, s, 1)
	cancel()
	if got := <-gone; got != context.Canceled.Error() {
		t.Errorf("who left was told %q", got)
	}
	stays := asks(t.Context(), s, "stays")
	waits(t, s, 2)
	for _, l := range lanes {
		close(l.end)
	}
	batch := next(t, began)
	if got := batch.names(); len(got) != 1 || got[0] != "stays" {
		t.Errorf("sent %v, want only the command of who stayed", got)
	}
	close(batch.end)
	<-stays
}

// TestSlowLane has the connections of all others hang: who comes then waits behind them for a moment only.
func TestSlowLane(t *testing.T) {
	s, began := newTestSender()
	lanes, _ := fill(t, s, began)
	if s.max != len(lanes) || s.max <= quickLanes {
		t.Fatalf("%d connections of at most %d, want one more than %d", len(lanes), s.max, quickLanes)
	}
	for _, l := range lanes {
		close(l.end)
	}
}

// TestDeadlines lets a pipeline take as long as the last of its callers, and each caller no longer than its own time.
func TestDeadlines(t *testing.T) {
	s, began := newTestSender()
	lanes, _ := fill(t, s, began)
	long, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	short, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	asks(long, s, "long")
	waits(t, s, 1)
	told := asks(short, s, "short")
	waits(t, s, 2)
	close(lanes[0].end)
	batch := next(t, began)
	want, _ := long.Deadline()
	if got, ok := batch.ctx.Deadline(); !ok || !got.Equal(want) {
		t.Errorf("it ends at %v, want %v", got, want)
	}
	cancel()
	if got := <-told; !errors.Is(short.Err(), context.Canceled) || got != context.Canceled.Error() {
		t.Errorf("who was cancelled under way was told %q", got)
	}
	for _, l := range append(lanes[1:], batch) {
		close(l.end)
	}
}
