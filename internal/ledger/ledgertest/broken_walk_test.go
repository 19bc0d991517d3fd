package ledgertest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

func TestReferenceWalks(t *testing.T) {
	RunWalk(t, func(*testing.T) ledger.Store { return memstore.New() })
}

// brokenWalk is a sound store, but for what is set.
type brokenWalk struct {
	*memstore.Store
	record  func(*ledger.Versioned, *time.Time)
	limit   func(sum *int64, entries *[]ledger.LimitEntry)
	index   func(*ledger.IndexEntry)
	drop    func(ctx context.Context, s *memstore.Store, limit string) error
	repair  func(ctx context.Context, s *memstore.Store, limit string, entries []ledger.LimitEntry) error
	ignores bool // errors of visits
}

func (b brokenWalk) WalkRecords(ctx context.Context, visit func(surprise.CustomerKey, ledger.Versioned, time.Time) error) error {
	return b.Store.WalkRecords(ctx, func(k surprise.CustomerKey, r ledger.Versioned, due time.Time) error {
		if b.record != nil {
			b.record(&r, &due)
		}
		if err := visit(k, r, due); !b.ignores {
			return err
		}
		return nil
	})
}

func (b brokenWalk) WalkLimits(ctx context.Context, visit func(string, int64, []ledger.LimitEntry) error) error {
	return b.Store.WalkLimits(ctx, func(name string, sum int64, entries []ledger.LimitEntry) error {
		if b.limit != nil {
			b.limit(&sum, &entries)
		}
		return visit(name, sum, entries)
	})
}

func (b brokenWalk) WalkIndexes(ctx context.Context, visit func(string, ledger.IndexEntry) error) error {
	return b.Store.WalkIndexes(ctx, func(name string, e ledger.IndexEntry) error {
		if b.index != nil {
			b.index(&e)
		}
		return visit(name, e)
	})
}

func (b brokenWalk) DropLimit(ctx context.Context, limit string) error {
	if b.drop != nil {
		return b.drop(ctx, b.Store, limit)
	}
	return b.Store.DropLimit(ctx, limit)
}

func (b brokenWalk) Repair(ctx context.Context, limit string, entries []ledger.LimitEntry) error {
	if b.repair != nil {
		return b.repair(ctx, b.Store, limit, entries)
	}
	return b.Store.Repair(ctx, limit, entries)
}

// TestBrokenWalkersFail breaks what walks show and what drops and repairs do.
func TestBrokenWalkersFail(t *testing.T) {
	for name, tt := range map[string]struct {
		store brokenWalk
		check string
	}{
		"loses due times":     {brokenWalk{record: func(_ *ledger.Versioned, due *time.Time) { *due = time.Time{} }}, "walk/every record with its due time"},
		"loses versions":      {brokenWalk{record: func(r *ledger.Versioned, _ *time.Time) { r.Version = 1 }}, "walk/every record with its due time"},
		"goes on":             {brokenWalk{ignores: true}, "walk/stops at an error"},
		"adds up wrongly":     {brokenWalk{limit: func(sum *int64, _ *[]ledger.LimitEntry) { *sum++ }}, "walk/every limit with its entries"},
		"forgets states":      {brokenWalk{limit: func(_ *int64, e *[]ledger.LimitEntry) { (*e)[0].Posted = true }}, "walk/every limit with its entries"},
		"reads one page":      {brokenWalk{limit: func(_ *int64, e *[]ledger.LimitEntry) { *e = (*e)[:min(len(*e), 256)] }}, "walk/a limit with many entries"},
		"loses data":          {brokenWalk{index: func(e *ledger.IndexEntry) { e.Data = nil }}, "walk/every entry of every index"},
		"drops nothing":       {brokenWalk{drop: func(context.Context, *memstore.Store, string) error { return nil }}, "walk/drop forgets a limit"},
		"keeps old entries":   {brokenWalk{repair: keepOld}, "walk/repair sets entries and sum"},
		"forgets the numbers": {brokenWalk{repair: forgetNumbers}, "walk/repair frees the numbers between"},
	} {
		t.Run(name, func(t *testing.T) {
			at := slices.IndexFunc(walkChecks(), func(c check) bool { return c.name == tt.check })
			tt.store.Store = memstore.New()
			if at < 0 || !walkChecks()[at].fails(tt.store) {
				t.Errorf("a store that breaks it passes %q", tt.check)
			}
		})
	}
}

// keepOld adds entries instead of replacing them.
func keepOld(ctx context.Context, s *memstore.Store, limit string, entries []ledger.LimitEntry) error {
	all := slices.Clone(entries)
	err := s.WalkLimits(ctx, func(name string, _ int64, old []ledger.LimitEntry) error {
		if name == limit {
			for _, e := range old {
				if !slices.ContainsFunc(entries, func(n ledger.LimitEntry) bool { return n.ClaimID == e.ClaimID }) {
					all = append(all, e)
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.Repair(ctx, limit, all)
}

func forgetNumbers(ctx context.Context, s *memstore.Store, limit string, entries []ledger.LimitEntry) error {
	bare := slices.Clone(entries)
	for i := range bare {
		bare[i].Number = 0
	}
	return s.Repair(ctx, limit, bare)
}
