package ledger

import (
	"context"

	"github.com/surprise-service/surprised/internal/surprise"
)

// Durable is offered by stores whose Apply can succeed in one place and still be lost, because a copy elsewhere takes over. Such a store's Apply returns
// nil only when enough copies have the change; where they do not in time, the outcome is unknown, and the record may hold the change already.
//
// So a retry that finds its work done must not be acknowledged before Sync has returned nil: what it found may be in one place only.
type Durable interface {
	// Sync returns nil when enough copies have the record of key as of this version, with all that its change wrote. ErrConflict: the record has
	// another version by now (a copy without the change may have taken over): load it again. Any other error: it can't be told now. A store that
	// was opened without such a promise returns nil at once.
	Sync(ctx context.Context, key surprise.CustomerKey, version uint64) error
}
