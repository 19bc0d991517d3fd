// Package recommend decides: facts -> match -> gates -> score -> offers. It reads one customer's record in one round trip and writes nothing.
package recommend

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/offer"
	"github.com/surprise-service/surprised/internal/surprise"
	"github.com/surprise-service/surprised/internal/wish"
)

// Snapshot is a catalogue in force with its index. It is immutable.
type Snapshot struct {
	Catalog *catalog.Catalog
	Matcher match.Matcher
	// Wishes finds tags in the texts of wishes. Nil: only tags that were found under this revision count.
	Wishes *wish.Matcher
}

// Room tells whether a limit has room, as far as is known.
type Room interface {
	// Fits reports whether an amount fits into a limit by its key, of this capacity.
	Fits(limit string, amount, capacity int64) bool
	// Known reports whether anything is known of a limit.
	Known(limit string) bool
	// PoolFits is Fits for a pool of imported codes, whose size is not in the catalogue.
	PoolFits(pool string, amount int64) bool
	// HasFreeSlot tells whether a pool has a slot that can still be booked.
	HasFreeSlot(pool string) bool
}

// Turns finds the ticket of a waiting list whose turn it is, and its customer. *ledger.Ledger is one.
type Turns interface {
	// Turn fails with TICKET_NOT_FOUND or NOT_YOUR_TURN.
	Turn(ctx context.Context, ticketID string) (*storev1.Ticket, surprise.CustomerKey, error)
}

// Options has what a Recommender works with. All fields are required but Turns, and Wishes of the Snapshot.
//
// A service gives all of them: Snapshot{Catalog: cat, Matcher: match.NewIndex(cat, recommend.Ceiling(cat)), Wishes: wish.New(cat)} at every reload, the store as Records,
// ledger.NewHeadroom(store, clock).WithPools(led) as Room, and its *ledger.Ledger, led, as Turns.
type Options struct {
	// Snapshot returns the catalogue in force.
	Snapshot func() *Snapshot
	Records  ledger.Records
	Room     Room
	Signer   *offer.Signer
	Calendar *calendar.Calendar
	// Clock tells the time of decisions that do not bring their own.
	Clock func() time.Time
	// Random is the source of decision ids.
	Random io.Reader
	// Hash turns a customer's id into the key of its record.
	Hash func(customerID string) surprise.CustomerKey
	// ChoiceKey makes choices the same on every replica, and impossible to guess without it.
	ChoiceKey []byte
	// Turns is asked by TakeTurn. Nil: there are no waiting lists.
	Turns Turns
}

// Recommender answers Recommend. It is safe for concurrent use if its Options are.
type Recommender struct {
	opts    Options
	barring []gate
	outlook atomic.Pointer[outlook]
	desks   sync.Pool // of *desk
}

// New returns a recommender.
func New(opts Options) *Recommender {
	return &Recommender{opts: opts, barring: barring()}
}

// Result is the answer to one request of a batch.
type Result struct {
	Response *surprisev1.RecommendResponse
	Err      error
}

// Recommend decides for one request. The request has passed the rules of its proto. Errors are *surprise.Error.
//
// Templates are looked at in the order of what they could score, until those that are left can make no difference: to what is offered, how likely
// it was, and whether to wait. The reasons of the answer count the templates that were looked at. Those are all of them where fewer options pass than
// the choice is among, so always where none passes, and where the customer must be made satisfied first.
func (r *Recommender) Recommend(ctx context.Context, req *surprisev1.RecommendRequest) (out *surprisev1.RecommendResponse, err error) {
	err = r.recommend(ctx, req, kept, func(m *surprisev1.RecommendResponse) { out = m })
	return out, err
}

// RecommendTo is Recommend for whoever only reads the answer, as a server does that writes it down: the room of the answer, and all that the decision
// took of memory, is used again once use returns.
func (r *Recommender) RecommendTo(ctx context.Context, req *surprisev1.RecommendRequest, use func(*surprisev1.RecommendResponse)) error {
	return r.recommend(ctx, req, lent, use)
}

func (r *Recommender) recommend(ctx context.Context, req *surprisev1.RecommendRequest, how tenure, use func(*surprisev1.RecommendResponse)) error {
	snapshot := r.opts.Snapshot()
	q, err := r.newQuery(ctx, snapshot, req)
	if err != nil {
		return err
	}
	defer r.leave(q)
	records, err := r.opts.Records.Load(ctx, q.key)
	if err != nil {
		return ledger.Unavailable(err)
	}
	out, err := r.decide(q, snapshot, records[0].Data, how)
	if err == nil {
		use(out)
	}
	return err
}

// Batch decides for many requests with one read of the store. Results are in the order of the requests; one that fails does not hinder
// the others.
func (r *Recommender) Batch(ctx context.Context, reqs []*surprisev1.RecommendRequest) []Result {
	results := make([]Result, len(reqs))
	r.batch(ctx, reqs, kept, func(i int, res Result) { results[i] = res })
	return results
}

// BatchTo is Batch for whoever only reads the answers, one after the other: see RecommendTo. Use is called once for each request, in any order.
func (r *Recommender) BatchTo(ctx context.Context, reqs []*surprisev1.RecommendRequest, use func(i int, res Result)) {
	r.batch(ctx, reqs, lent, use)
}

func (r *Recommender) batch(ctx context.Context, reqs []*surprisev1.RecommendRequest, how tenure, use func(i int, res Result)) {
	queries := make([]*query, len(reqs)) // nil: the request is not valid
	keys := make([]surprise.CustomerKey, 0, len(reqs))
	snapshot := r.opts.Snapshot()
	for i, req := range reqs {
		q, err := r.newQuery(ctx, snapshot, req)
		if err != nil {
			use(i, Result{Err: err})
			continue
		}
		queries[i], keys = q, append(keys, q.key)
	}
	if len(keys) == 0 {
		return
	}
	records, err := r.opts.Records.Load(ctx, keys...)
	for i, q := range queries {
		switch {
		case q == nil:
		case err != nil:
			use(i, Result{Err: ledger.Unavailable(err)})
		default:
			out, err := r.decide(q, snapshot, records[0].Data, how)
			use(i, Result{out, err})
			records = records[1:]
			r.leave(q)
			queries[i] = nil
		}
	}
}

func (r *Recommender) decide(q *query, s *Snapshot, record []byte, how tenure) (*surprisev1.RecommendResponse, error) {
	if q.out = &q.desk.answer; how == kept {
		q.out = new(answer)
	}
	if err := q.recall(s, record); err != nil {
		return nil, err
	}
	b := &q.desk.blocks
	if *b == nil {
		*b = make(blocks, 0, usualReasons)
	}
	v := r.verdict(q, r.look(q, b), b)
	return r.respond(q, v, *b)
}

// usualReasons is how many reasons most answers have at most.
const usualReasons = 6

// recall takes in what the ledger knows of the customer.
func (q *query) recall(s *Snapshot, record []byte) error {
	decode := ledger.DecodeRecord // a kept answer may have parts of the record
	if q.out == &q.desk.answer {
		decode = q.desk.record.Decode
	}
	rec, err := decode(record)
	if err != nil {
		return err
	}
	q.rec = rec
	q.recallPast()
	q.recallWishes(s.Wishes)
	q.assessSatisfaction()
	return nil
}

// respond writes the answer down.
func (r *Recommender) respond(q *query, v *verdict, b blocks) (*surprisev1.RecommendResponse, error) {
	if err := q.ctx.Err(); err != nil { // what was found by then is incomplete
		return nil, err
	}
	id, err := r.decisionID(q.desk)
	if err != nil {
		return nil, err
	}
	out := &q.out.response
	out.RequestId, out.DecisionId, out.CatalogRevision = q.req.GetRequestId(), id, q.cat.Revision
	out.Outcome, out.Hold, out.Propensities = v.outcome, v.hold, v.propensities
	if out.Offers, err = r.offers(q, v.chosen[:min(len(v.chosen), q.maxOffers())], id); err != nil {
		return nil, err
	}
	out.Reasons = b.details(q)
	return out, nil
}

// decisionID returns a new one. It is made on the desk.
func (r *Recommender) decisionID(d *desk) (string, error) {
	if _, err := io.ReadFull(r.opts.Random, d.random[:]); err != nil {
		return "", &surprise.Error{Reason: surprise.Internal, Message: "no random numbers", Err: fmt.Errorf("recommend: decision id: %w", err)}
	}
	id := [1 + 2*len(d.random)]byte{'d'}
	hex.Encode(id[1:], d.random[:])
	return string(id[:]), nil
}
