package ledgertest

import (
	"context"
	"slices"
	"testing"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
)

// TestBrokenIndexesFail breaks the duties of indexes.
func TestBrokenIndexesFail(t *testing.T) {
	ranged := func(r rangeFunc) func() ledger.Store {
		return func() ledger.Store { return brokenRange{memstore.New(), r} }
	}
	testBroken(t, []brokenStore{
		{"leaves the index when it refuses", broken(indexDespiteRefusal), "index/a refused change leaves it alone"},
		{"removes", broken(neverRemove), "index/remove"},
		{"replaces", broken(keepFirst), "index/put replaces"},
		{"keeps the order of operations", broken(reverseIndex), "index/operations keep their order"},
		{"leaves out the place it goes on from", ranged(rangeFrom), "index/goes on after a place"},
		{"gives n, not n+1", ranged(rangeOneMore), "index/at most n"},
		{"gives n, not n-1", ranged(rangeOneLess), "index/at most n"},
		{"goes backwards", ranged(rangeForwards), "index/backwards"},
		{"sorts by score first", ranged(rangeByMember), "index/sorted by score, then by member"},
		{"keeps indexes apart", broken(oneIndex), "index/names do not run into each other"},
		{"forgets what it removed", func() ledger.Store { return fondFind{memstore.New(), map[string]ledger.IndexEntry{}} }, "index/remove"},
		{"finds in order", func() ledger.Store { return packedFind{memstore.New()} }, "index/find keeps the order of members"},
	})
}

func indexDespiteRefusal(ctx context.Context, s ledger.Store, c ledger.Change) error {
	return despiteRefusal(ctx, s, c, ledger.Change{Index: c.Index})
}

func neverRemove(ctx context.Context, s ledger.Store, c ledger.Change) error {
	c.Index = slices.DeleteFunc(slices.Clone(c.Index), func(op ledger.IndexOp) bool { return op.Remove })
	return s.Apply(ctx, c)
}

// keepFirst leaves a member that is there already as it is.
func keepFirst(ctx context.Context, s ledger.Store, c ledger.Change) error {
	c.Index = slices.DeleteFunc(slices.Clone(c.Index), func(op ledger.IndexOp) bool {
		found, err := s.Find(ctx, op.Index, op.Member)
		return err == nil && !op.Remove && found[0].Member != ""
	})
	return s.Apply(ctx, c)
}

func reverseIndex(ctx context.Context, s ledger.Store, c ledger.Change) error {
	c.Index = slices.Clone(c.Index)
	slices.Reverse(c.Index)
	return s.Apply(ctx, c)
}

func oneIndex(ctx context.Context, s ledger.Store, c ledger.Change) error {
	both := slices.Clone(c.Index)
	for _, op := range c.Index {
		if len(op.Index) > 1 {
			op.Index = op.Index[:1]
			both = append(both, op)
		}
	}
	c.Index = both
	return s.Apply(ctx, c)
}

type rangeFunc func(ctx context.Context, s ledger.Store, index string, from *ledger.IndexPlace, n int, backwards bool) ([]ledger.IndexEntry, error)

type brokenRange struct {
	ledger.Store
	find rangeFunc
}

func (b brokenRange) Range(ctx context.Context, index string, from *ledger.IndexPlace, n int, backwards bool) ([]ledger.IndexEntry, error) {
	return b.find(ctx, b.Store, index, from, n, backwards)
}

func rangeFrom(ctx context.Context, s ledger.Store, index string, from *ledger.IndexPlace, n int, backwards bool) ([]ledger.IndexEntry, error) {
	found, err := s.Range(ctx, index, from, n, backwards)
	if from != nil {
		if at, _ := s.Find(ctx, index, from.Member); len(at) == 1 && at[0].IndexPlace == *from {
			found = append(at, found...)
		}
	}
	return found, err
}

func rangeOneMore(ctx context.Context, s ledger.Store, index string, from *ledger.IndexPlace, n int, backwards bool) ([]ledger.IndexEntry, error) {
	return s.Range(ctx, index, from, n+1, backwards)
}

func rangeOneLess(ctx context.Context, s ledger.Store, index string, from *ledger.IndexPlace, n int, backwards bool) ([]ledger.IndexEntry, error) {
	return s.Range(ctx, index, from, n-1, backwards)
}

func rangeForwards(ctx context.Context, s ledger.Store, index string, from *ledger.IndexPlace, n int, _ bool) ([]ledger.IndexEntry, error) {
	return s.Range(ctx, index, from, n, false)
}

func rangeByMember(ctx context.Context, s ledger.Store, index string, from *ledger.IndexPlace, n int, backwards bool) ([]ledger.IndexEntry, error) {
	found, err := s.Range(ctx, index, from, n, backwards)
	slices.SortFunc(found, func(a, b ledger.IndexEntry) int { return slices.Compare([]byte(a.Member), []byte(b.Member)) })
	return found, err
}

// fondFind still finds what was removed.
type fondFind struct {
	ledger.Store
	seen map[string]ledger.IndexEntry
}

func (s fondFind) Apply(ctx context.Context, c ledger.Change) error {
	for _, op := range c.Index {
		if !op.Remove {
			s.seen[op.Member] = op.IndexEntry
		}
	}
	return s.Store.Apply(ctx, c)
}

func (s fondFind) Find(_ context.Context, _ string, members ...string) ([]ledger.IndexEntry, error) {
	found := make([]ledger.IndexEntry, len(members))
	for i, member := range members {
		found[i] = s.seen[member]
	}
	return found, nil
}

// packedFind leaves out what it does not find.
type packedFind struct{ ledger.Store }

func (s packedFind) Find(ctx context.Context, index string, members ...string) ([]ledger.IndexEntry, error) {
	found, err := s.Store.Find(ctx, index, members...)
	return slices.DeleteFunc(found, func(e ledger.IndexEntry) bool { return e.Member == "" }), err
}
