// Package recommend decides: facts -> match -> gates -> score -> offers. It reads one customer's record in one round trip and writes nothing.
package recommend

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
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
// A service gives all of them: Snapshot{Catalog: cat, Matcher: match.NewScan(cat), Wishes: wish.New(cat)} at every reload, the store as Records,
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
	opts Options
	// gates are asked of templates that match; allGates are those and what matching asks.
	gates, allGates []gate
}

// New returns a recommender.
func New(opts Options) *Recommender {
	return &Recommender{opts: opts, gates: gates(), allGates: append(matchGates(), gates()...)}
}

// Result is the answer to one request of a batch.
type Result struct {
	Response *surprisev1.RecommendResponse
	Err      error
}

// Recommend decides for one request. The request has passed the rules of its proto. Errors are *surprise.Error.
func (r *Recommender) Recommend(ctx context.Context, req *surprisev1.RecommendRequest) (*surprisev1.RecommendResponse, error) {
	res := r.Batch(ctx, []*surprisev1.RecommendRequest{req})[0]
	return res.Response, res.Err
}

// Batch decides for many requests with one read of the store. Results are in the order of the requests; one that fails does not hinder
// the others.
func (r *Recommender) Batch(ctx context.Context, reqs []*surprisev1.RecommendRequest) []Result {
	results := make([]Result, len(reqs))
	queries := make([]*query, 0, len(reqs))
	keys := make([]surprise.CustomerKey, 0, len(reqs))
	snapshot := r.opts.Snapshot()
	for i, req := range reqs {
		q, err := r.newQuery(ctx, snapshot, req)
		if err != nil {
			results[i].Err = err
			continue
		}
		q.position = i
		queries = append(queries, q)
		keys = append(keys, q.key)
	}
	if len(keys) == 0 {
		return results
	}
	records, err := r.opts.Records.Load(ctx, keys...)
	for i, q := range queries {
		if err != nil {
			results[q.position].Err = ledger.Unavailable(err)
			continue
		}
		results[q.position] = r.decide(q, snapshot, records[i].Data)
	}
	return results
}

func (r *Recommender) decide(q *query, s *Snapshot, record []byte) Result {
	if err := q.recall(s, record); err != nil {
		return Result{Err: err}
	}
	blocks := newBlocks()
	response, err := r.respond(q, r.verdict(q, r.look(q, blocks), blocks), blocks)
	return Result{Response: response, Err: err}
}

// recall takes in what the ledger knows of the customer.
func (q *query) recall(s *Snapshot, record []byte) error {
	rec, err := ledger.DecodeRecord(record)
	if err != nil {
		return err
	}
	q.rec = rec
	q.recallWishes(s.Wishes)
	q.assessSatisfaction()
	return nil
}

// respond writes the answer down.
func (r *Recommender) respond(q *query, v *verdict, blocks *blocks) (*surprisev1.RecommendResponse, error) {
	if err := q.ctx.Err(); err != nil { // what was found by then is incomplete
		return nil, err
	}
	id, err := r.decisionID()
	if err != nil {
		return nil, err
	}
	out := &surprisev1.RecommendResponse{
		RequestId: q.req.GetRequestId(), DecisionId: id, CatalogRevision: q.cat.Revision,
		Outcome: v.outcome, Hold: v.hold, Propensities: v.propensities,
	}
	if len(v.chosen) > 0 {
		q.memories = ledger.Memories(q.rec, maxMemories)
	}
	for i, o := range v.chosen[:min(len(v.chosen), q.maxOffers())] {
		signed, err := r.offer(q, o, id, i)
		if err != nil {
			return nil, err
		}
		out.Offers = append(out.Offers, signed)
	}
	out.Reasons = blocks.details()
	return out, nil
}

func (r *Recommender) decisionID() (string, error) {
	var b [12]byte
	if _, err := io.ReadFull(r.opts.Random, b[:]); err != nil {
		return "", &surprise.Error{Reason: surprise.Internal, Message: "no random numbers", Err: fmt.Errorf("recommend: decision id: %w", err)}
	}
	return "d" + hex.EncodeToString(b[:]), nil
}
