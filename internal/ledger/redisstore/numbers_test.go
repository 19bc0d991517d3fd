package redisstore_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

// A number beyond the capacity is never given, even where the sum is wrong and says that there is room.
func TestNumbersWithAWrongSum(t *testing.T) {
	url := ledgertest.Redis(t)
	wrongSum(t, open(t, url, redisstore.Options{Tenant: "sum"}), direct(t, url), "surprised:{sum}:l:edition")
}

func clusterWrongSum(t *testing.T, node single) {
	wrongSum(t, openCluster(t, node.url, redisstore.Options{Tenant: "sum"}), node.look, "surprised:{sum:l:edition}:l")
}

func wrongSum(t *testing.T, s ledger.Store, look *redis.Client, key string) {
	t.Helper()
	change := func(customer int, capacity int64, ops ...ledger.LimitOp) ledger.Change {
		id := surprise.ClaimID(fmt.Sprint("claim-", customer))
		take := ledger.LimitOp{Limit: "edition", Action: ledger.Reserve, ClaimID: id, Amount: 1, Capacity: capacity, Numbered: true}
		other := ledger.LimitOp{Limit: "gift", Action: ledger.Post, ClaimID: id} // which is not to blame
		return ledger.Change{Key: surprise.CustomerKey{byte(customer)}, Limits: append([]ledger.LimitOp{other}, append(ops, take)...)}
	}
	for n := range 3 {
		if err := s.Apply(t.Context(), change(n, 3)); err != nil {
			t.Fatal(err)
		}
	}
	if err := look.HSet(t.Context(), key, "", 1).Err(); err != nil {
		t.Fatal(err)
	}
	wantFull(t, s.Apply(t.Context(), change(5, 3)), "of the next number")
	gone := ledger.LimitOp{Limit: "edition", Action: ledger.Release, ClaimID: "claim-2"}
	wantFull(t, s.Apply(t.Context(), change(6, 2, gone)), "of a number that came back")
}

func wantFull(t *testing.T, err error, what string) {
	t.Helper()
	var full *ledger.LimitError
	if !errors.As(err, &full) || full.Limit != "edition" {
		t.Errorf("%s: got %v, want no room", what, err)
	}
}
