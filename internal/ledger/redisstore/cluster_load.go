package redisstore

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Load returns the records of keys, in their order, each as of its own moment. Each node is asked once, all at the same time. Callers of one key each share
// round trips with others of the same partition: so a node that does not answer holds up nobody whose record is elsewhere.
func (c *Cluster) Load(ctx context.Context, customers ...surprise.CustomerKey) ([]ledger.Versioned, error) {
	if err := ctx.Err(); err != nil || len(customers) == 0 {
		return nil, c.explain(ctx, "load", err)
	}
	values, err := loadWith(ctx, &c.loads[c.names.partition(customers[0])], customers)
	if err != nil {
		return nil, c.explain(ctx, "load", err)
	}
	return decodeRecords(values, func(i int) string { return c.names.of(customers[i]).customer(customers[i]) })
}

// newLoads returns a combiner for each partition.
func (c *Cluster) newLoads() []combiner {
	loads := make([]combiner, len(c.names.partitions))
	for i := range loads {
		loads[i].read = c.get
	}
	return loads
}

// get reads customers of any partitions. It does so one by one: of a slot on the move, no node can read two records at once.
func (c *Cluster) get(ctx context.Context, customers []surprise.CustomerKey) ([]any, error) {
	answers := make([]*redis.StringCmd, len(customers))
	err := c.read(ctx, func(pipe redis.Pipeliner) {
		for i, customer := range customers {
			answers[i] = pipe.Get(ctx, c.names.of(customer).customer(customer))
		}
	})
	if err != nil {
		return nil, err
	}
	values := make([]any, len(answers))
	for i, answer := range answers {
		if !errors.Is(answer.Err(), redis.Nil) {
			values[i] = answer.Val()
		}
	}
	return values, nil
}
