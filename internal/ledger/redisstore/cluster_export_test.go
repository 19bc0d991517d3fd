package redisstore

import (
	"context"

	"github.com/surprise-service/surprised/internal/ledger"
)

// SettleLate does what Apply does last, for a change whose record was written long ago.
func (c *Cluster) SettleLate(ctx context.Context, ops ...ledger.LimitOp) error {
	return c.settle(ctx, groupOps(ops))
}
