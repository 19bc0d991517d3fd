package simulate

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/storeurl"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/offer"
	"github.com/surprise-service/surprised/internal/recommend"
	"github.com/surprise-service/surprised/internal/surprise"
)

// year is the time of all customers under one policy: a shop of its own, with its own ledger and clock. It is for one goroutine.
type year struct {
	opts        *Options
	policy      policy
	cat         *catalog.Catalog
	calendar    *calendar.Calendar
	now         time.Time
	recommender *recommend.Recommender
	ledger      *ledger.Ledger
	customers   []*customer
	tally       tally
	progress    *progress
}

const tenant = "simulation"

func newYear(ctx context.Context, opts *Options, p policy, progress *progress) (*year, error) {
	cat, err := p.catalog(opts.Catalog, opts.BaselineMinGap)
	if err == nil {
		cat, err = stocked(cat)
	}
	if err != nil {
		return nil, err
	}
	y := &year{opts: opts, policy: p, cat: cat, calendar: calendar.New(), now: opts.From, tally: newTally(), progress: progress}
	for _, r := range people(opts.Customers) {
		loc, err := home(cat, &y.calendar.Zones, r)
		if err != nil {
			return nil, err
		}
		y.customers = append(y.customers, newCustomer(opts, r, loc))
	}
	return y, y.wire(ctx)
}

// stocked is the catalogue of a shop that never runs out of codes and bookable times: nobody imports any into a simulation.
func stocked(cat *catalog.Catalog) (*catalog.Catalog, error) {
	imported := func(id string) bool { l := cat.Limit(id); return l != nil && l.Imported() }
	if !slices.ContainsFunc(cat.Source.GetLimits(), func(l *surprisev1.Limit) bool { return imported(l.GetId()) }) {
		return cat, nil
	}
	src := proto.CloneOf(cat.Source)
	for _, t := range src.GetTemplates() {
		t.Limits = slices.DeleteFunc(t.GetLimits(), imported)
	}
	return compile(src)
}

// wire opens the shop. All keys come from the seed, so that hashes, and with them the noise of the choice, are the same every time.
func (y *year) wire(ctx context.Context) error {
	store, err := storeurl.Open(ctx, "mem:", storeurl.Options{Tenant: tenant})
	if err != nil {
		return err
	}
	key := func(purpose string) [sha256.Size]byte {
		return sha256.Sum256(fmt.Appendf(nil, "%d\x00key\x00%s", y.opts.Seed, purpose))
	}
	offers, customers, choices := key("offers"), key("customers"), key("choices")
	signer, err := offer.NewSigner(tenant, offers[:])
	if err != nil {
		return err
	}
	clock := func() time.Time { return y.now }
	hash := func(id string) surprise.CustomerKey { return surprise.HashCustomer(customers[:], tenant, id) }
	snapshot := &recommend.Snapshot{Catalog: y.cat, Matcher: match.NewIndex(y.cat, recommend.Ceiling(y.cat))}
	y.ledger = ledger.New(store, signer, func() *catalog.Catalog { return y.cat }, ledger.Options{Clock: clock, Pause: func(context.Context, int) {}, Hash: hash})
	y.recommender = recommend.New(recommend.Options{
		Snapshot: func() *recommend.Snapshot { return snapshot }, Records: store, Room: room{ctx, store}, Signer: signer, Calendar: y.calendar,
		Clock: clock, Random: rand.NewChaCha8(key("decisions")), Hash: hash, ChoiceKey: choices[:],
	})
	return nil
}

// room asks the store itself, which is at hand here: no offer is made that could not be claimed at once.
type room struct {
	ctx    context.Context // Fits has none, and this one ends with the simulation
	limits ledger.Limits
}

var _ recommend.Room = room{}

// Known implements recommend.Room: nothing is hidden here.
func (room) Known(string) bool { return true }

// PoolFits implements recommend.Room. Nothing draws from pools here, see stocked.
func (room) PoolFits(string, int64) bool { return false }

// HasFreeSlot implements recommend.Room.
func (room) HasFreeSlot(string) bool { return false }

// Fits implements recommend.Room.
func (r room) Fits(limit string, amount, capacity int64) bool {
	used, err := r.limits.Usage(r.ctx, limit)
	return err == nil && used[0]+amount <= capacity
}

// live goes through all moments in the order of time.
func (y *year) live(ctx context.Context, p *plan) error {
	for i, m := range p.moments {
		if err := ctx.Err(); err != nil {
			return err
		}
		c := y.customers[m.customer]
		y.now = m.at
		if m.step == 0 {
			c.arrive(civil(m.at))
			y.note(c)
		}
		if err := y.decide(ctx, c, m); err != nil {
			return fmt.Errorf("simulate: customer %q at %s, stage %s: %w", c.history.Customer, m.at.Format(time.RFC3339), m.stage, err)
		}
		y.progress.step(i+1, len(p.moments))
	}
	if len(p.moments) == 0 {
		y.progress.step(1, 1)
	}
	return nil
}

// note writes down which occasions the customer has today, for those who guess.
func (y *year) note(c *customer) {
	visit := &c.history.Visits[len(c.history.Visits)-1]
	for _, t := range y.cat.Templates {
		if t.Occasion == nil {
			continue
		}
		if f := y.calendar.Find(t.Occasion.Spec, c.request.GetCustomer(), y.cat.Policies.Calendar, visit.Day, t.Occasion.Window); f.In {
			visit.Occasions[t.ID] = f.ID
		}
	}
}

// decide asks for one moment and takes what is offered.
func (y *year) decide(ctx context.Context, c *customer, m moment) error {
	response, err := y.recommender.Recommend(ctx, c.at(m, fmt.Sprintf("visit-%d", m.visit), y.policy.maxOffers))
	if err != nil {
		return err
	}
	y.tally.decided(response)
	if response.GetOutcome() == surprisev1.Outcome_HOLD {
		y.tally.hold(c, m)
	}
	if len(response.GetOffers()) == 0 || response.GetOutcome() == surprisev1.Outcome_HOLD {
		return nil
	}
	return y.give(ctx, c, m, y.policy.pick(response.GetOffers()))
}

// give claims an offer and carries it out, unless the customer does not want it.
func (y *year) give(ctx context.Context, c *customer, m moment, o *surprisev1.Offer) error {
	claim, _, err := y.ledger.Claim(ctx, &surprisev1.ClaimRequest{OfferToken: o.GetToken(), CustomerId: c.history.Customer, OrderId: orderOf(m, o)})
	if err != nil {
		return err
	}
	if m.refuse < y.opts.RefusalShare {
		y.tally.refused++
		_, _, err := y.ledger.Cancel(ctx, &surprisev1.CancelRequest{ClaimId: claim.GetClaimId(), Reason: surprisev1.CancelReason_CUSTOMER_REFUSED})
		return err
	}
	if _, _, err := y.ledger.Confirm(ctx, &surprisev1.ConfirmRequest{ClaimId: claim.GetClaimId()}); err != nil {
		return err
	}
	g := newGift(m, o)
	if o.GetPurpose() == surprisev1.Purpose_RECOVERY {
		y.tally.recovered(g)
		c.recovered(civil(m.at))
		return nil
	}
	y.tally.given(c, g)
	visit := &c.history.Visits[len(c.history.Visits)-1]
	visit.Gifts = append(visit.Gifts, g.template)
	return nil
}

// orderOf is the order of the visit, for what is given for one order; empty: it is for none.
func orderOf(m moment, o *surprisev1.Offer) string {
	if !o.GetNeedsOrder() {
		return ""
	}
	return fmt.Sprintf("order-%d", m.visit)
}
