package redisstore

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/surprise-service/surprised/internal/surprise"
)

func TestClusterCursor(t *testing.T) {
	c := clusterCursor{{ms: 1_790_000_000_000, seq: 3}, {}, {ms: 5}, {ms: math.MaxUint64, seq: math.MaxUint64}}
	text := c.encode("shop")
	if got, ok := decodeCursor("shop", text, 4); !ok || !slices.Equal(got, c) {
		t.Errorf("decoded: got %v, %t, want %v", got, ok, c)
	}
	for name, refused := range map[string]func() bool{
		"another tenant":   func() bool { _, ok := decodeCursor("shop2", text, 4); return !ok },
		"more partitions":  func() bool { _, ok := decodeCursor("shop", text, 8); return !ok },
		"fewer partitions": func() bool { _, ok := decodeCursor("shop", text, 2); return !ok },
		"before all":       func() bool { _, ok := decodeCursor("shop", make(clusterCursor, 4).encode("shop"), 4); return !ok },
	} {
		if !refused() {
			t.Errorf("a cursor of %s: it passed", name)
		}
	}
	full := make(clusterCursor, maxPartitions)
	for i := range full {
		full[i] = streamID{ms: 9_000_000_000_000, seq: 99_999}
	}
	if got := len(full.encode("shop")); got > 2000 {
		t.Errorf("a cursor of %d partitions has %d characters, want 2000 at most", maxPartitions, got)
	}
}

func TestClusterMayWrite(t *testing.T) {
	now := time.Date(2026, time.March, 14, 12, 0, 0, 0, time.UTC)
	c := &Cluster{now: func() time.Time { return now }}
	for name, tt := range map[string]struct {
		left, paused time.Duration
		want         error
	}{
		"in time":              {left: time.Second, paused: 30 * time.Second},
		"paused":               {left: time.Second, paused: 30*time.Second + time.Nanosecond, want: errPaused},
		"hardly any time left": {left: 9 * time.Millisecond, want: context.DeadlineExceeded},
	} {
		err := c.mayWrite(deadlineOnly{t.Context(), now.Add(tt.left)}, now.Add(-tt.paused))
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got error %v, want %v", name, err, tt.want)
		}
	}
}

// deadlineOnly has a deadline of another clock, which never comes.
type deadlineOnly struct {
	context.Context
	at time.Time
}

func (d deadlineOnly) Deadline() (time.Time, bool) { return d.at, true }

// TestClusterSpread pins where customers are, and that they are spread evenly.
func TestClusterSpread(t *testing.T) {
	k, err := newClusterKeys("shop", 16)
	if err != nil {
		t.Fatal(err)
	}
	if got := k.partition(surprise.CustomerKey{1}); got != 9 {
		t.Errorf("partition of customer 1: got %d, want 9, where its data is", got)
	}
	counts := make([]int, 16)
	for n := range 16_000 {
		counts[k.partition(surprise.CustomerKey{byte(n), byte(n >> 8)})]++
	}
	if slices.Min(counts) < 800 || slices.Max(counts) > 1200 {
		t.Errorf("16,000 customers in 16 partitions: got %v, want about 1,000 in each", counts)
	}
}
