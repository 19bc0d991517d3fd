package redisstore

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A WAIT ends so long before the call that its answer is mostly still heard, and never lasts for ever.
func TestWaitEndsBeforeTheCall(t *testing.T) {
	s := &Store{client: redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"}), timeout: 2 * time.Second, replicas: 1}
	t.Cleanup(func() { _ = s.client.Close() })
	for left, want := range map[time.Duration][2]int64{
		time.Hour:              {1850, 1850},
		time.Second:            {700, 850},
		200 * time.Millisecond: {40, 100},
		-time.Second:           {1, 1},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), left)
		w := s.wait(ctx, s.client.Pipeline())
		cancel()
		ms, ok := w.cmd.Args()[2].(int64)
		if !ok || ms < want[0] || ms > want[1] || w.want != 1 {
			t.Errorf("with %s left it waits %v, want %d to %d ms", left, w.cmd.Args(), want[0], want[1])
		}
	}
}
