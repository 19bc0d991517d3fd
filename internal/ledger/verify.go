package ledger

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/surprise-service/surprised/internal/surprise"
)

// Finding is one thing in a store that is not as the ledger would leave it.
type Finding struct {
	// Kind is a word for machines, one of the constants below.
	Kind string `json:"kind"`
	// Where names a record by its key, a limit, or an index; and, where it is about one of its entries, which.
	Where string `json:"where"`
	Entry string `json:"entry,omitempty"`
	// What says it in a sentence.
	What string `json:"what"`
	// Repairable tells whether it can be put right without guessing; Repaired that it was, and Done how.
	Repairable bool   `json:"repairable"`
	Repaired   bool   `json:"repaired"`
	Done       string `json:"done,omitempty"`
}

// The kinds of findings.
const (
	FoundUnreadable   = "RECORD_UNREADABLE" // its bytes are no record
	FoundRecord       = "RECORD_WRONG"      // it contradicts itself
	FoundDue          = "DUE_TIME"          // nobody would look at it when it is due
	FoundSum          = "LIMIT_SUM"         // what a limit counts is not what its entries add up to
	FoundOver         = "LIMIT_OVER"        // more was taken than there is
	FoundOrphan       = "ENTRY_ORPHAN"      // an entry whose claim does not need it
	FoundMissing      = "ENTRY_MISSING"     // a claim without the entry that it takes
	FoundAmount       = "ENTRY_AMOUNT"      // an entry of another amount than its claim says
	FoundUnposted     = "ENTRY_UNPOSTED"    // a delivery whose entry could be given back
	FoundPosted       = "ENTRY_POSTED"      // a claim on hold whose entry cannot be given back
	FoundNumber       = "NUMBER"            // a number that is missing, had twice, or beyond the capacity
	FoundIndexOrphan  = "INDEX_ORPHAN"      // an entry of an index that nothing stands behind
	FoundIndexMissing = "INDEX_MISSING"     // something that its index does not have
	FoundPool         = "POOL"              // codes with gaps, or other than were counted
)

// VerifyOptions says how to verify.
type VerifyOptions struct {
	// Now is the time by which holds are judged. Required.
	Now time.Time
	// Hash is the ledger's own, see Options. Required.
	Hash func(customerID string) surprise.CustomerKey
	// Retention is how long records keep what ended; limits of periods that ended before are not missed. Zero: a limit is missed however old.
	Retention time.Duration
	// Repair puts right what can be.
	Repair bool
	// Pause waits before what was found is looked at again; nil: not at all. What a running service changes in between is no finding.
	Pause func(ctx context.Context)
}

// VerifyReport is what Verify saw.
type VerifyReport struct {
	Records, Entries, Limits, IndexEntries int
	Findings                               []Finding
}

// Clean reports whether nothing is wrong that was not repaired.
func (r VerifyReport) Clean() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return !f.Repaired })
}

// ErrNoWalker says that a store cannot be read as a whole.
var ErrNoWalker = errors.New("ledger: this store cannot be verified: it does not offer to be read as a whole")

// Verify reads a whole store and checks every promise that can be seen in it. The service may run meanwhile: only what is found twice counts. It
// keeps in memory what open and recent claims take, some hundred bytes for each.
func Verify(ctx context.Context, store Store, opts VerifyOptions) (VerifyReport, error) {
	walker, ok := store.(Walker)
	if !ok {
		return VerifyReport{}, ErrNoWalker
	}
	first, err := look(ctx, store, walker, opts)
	if err != nil || len(first.findings) == 0 {
		return first.report(), err
	}
	if opts.Pause != nil {
		opts.Pause(ctx)
	}
	again, err := look(ctx, store, walker, opts)
	if err != nil {
		return again.report(), err
	}
	again.findings = slices.DeleteFunc(again.findings, func(f *problem) bool { return !first.has(f) })
	if opts.Repair {
		if err := again.repair(ctx); err != nil {
			return again.report(), err
		}
	}
	return again.report(), nil
}

// problem is a finding with what its repair needs.
type problem struct {
	Finding
	key surprise.CustomerKey
	// ref is the entry of a limit that it is about.
	ref LimitRef
	// index puts an index right.
	index *IndexOp
}

// survey is one look at a store.
type survey struct {
	store    Store
	walker   Walker
	opts     VerifyOptions
	seen     VerifyReport
	findings []*problem
	// takes are what claims on hold and deliveries have of limits. What is left after the walk over limits is missing.
	takes map[LimitRef]taking
	// pending are the reservations of a Staged store that its reaper will settle; nil for other stores.
	pending map[LimitRef]bool
	// unreadable are the customers whose records say nothing.
	unreadable map[surprise.CustomerKey]bool
	// ids are those that records know: what these have beyond takes is nobody's.
	ids map[surprise.ClaimID]bool
	// limits has what is in each limit that must be replaced as a whole.
	limits map[string][]LimitEntry
	// indexed are the places that records want in indexes, and lines those of which each ticket wants one.
	indexed map[string]map[string]place
	lines   map[string]place
	// codes are the numbers of each pool's codes, and owners the pools of codes.
	codes  map[string]map[string]int64
	owners map[string]string
	// waits and listed are the waiting lists that have somebody, and those that are listed.
	waits, listed map[string]place
}

type place struct {
	key   surprise.CustomerKey
	score int64
	lists []string
}

func look(ctx context.Context, store Store, walker Walker, opts VerifyOptions) (*survey, error) {
	s := &survey{store: store, walker: walker, opts: opts, takes: map[LimitRef]taking{}, unreadable: map[surprise.CustomerKey]bool{}, ids: map[surprise.ClaimID]bool{},
		limits: map[string][]LimitEntry{}, indexed: map[string]map[string]place{}, lines: map[string]place{}, codes: map[string]map[string]int64{}, owners: map[string]string{},
		waits: map[string]place{}, listed: map[string]place{}}
	if err := s.findPending(ctx); err != nil {
		return s, err
	}
	if err := walker.WalkRecords(ctx, s.record); err != nil {
		return s, Unavailable(err)
	}
	if err := s.walkLimits(ctx); err != nil {
		return s, Unavailable(err)
	}
	s.missingEntries()
	if err := walker.WalkIndexes(ctx, s.indexEntry); err != nil {
		return s, Unavailable(err)
	}
	s.missingIndexes()
	return s, s.pools(ctx)
}

const (
	// verifyPending bounds how many reservations are known to be under way.
	verifyPending = 100_000
	// quietCalls is after how many calls of Overdue that bring nothing new all is taken to be known: each may look at a part of the store only.
	quietCalls = 20
)

// findPending notes the reservations on which ReapLimits would decide; younger ones are under way, and no finding.
func (s *survey) findPending(ctx context.Context) error {
	staged, ok := s.store.(Staged)
	if !ok {
		return nil
	}
	s.pending = map[LimitRef]bool{}
	for quiet := 0; quiet < quietCalls && len(s.pending) < verifyPending; quiet++ {
		refs, err := staged.Overdue(ctx, s.opts.Now.Add(-2*reserveGrace), verifyPending)
		if err != nil {
			return Unavailable(err)
		}
		for _, ref := range refs {
			if !s.pending[ref] {
				s.pending[ref] = true
				quiet = 0
			}
		}
	}
	return nil
}

// underWay reports whether a reservation may still be on its way through the stages of its store.
func (s *survey) underWay(ref LimitRef) bool { return s.pending != nil && !s.pending[ref] }

func (s *survey) find(p problem) { s.findings = append(s.findings, &p) }

func (s *survey) has(p *problem) bool {
	return slices.ContainsFunc(s.findings, func(f *problem) bool { return f.Kind == p.Kind && f.Where == p.Where && f.Entry == p.Entry })
}

func (s *survey) report() VerifyReport {
	out := s.seen
	for _, p := range s.findings {
		out.Findings = append(out.Findings, p.Finding)
	}
	slices.SortFunc(out.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Where, b.Where), cmp.Compare(a.Entry, b.Entry))
	})
	return out
}
