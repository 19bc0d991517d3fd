package faults

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
)

// visit is what one customer has at a till.
type visit struct {
	customer, store string
	plan            plan
	offer           *surprisev1.Offer
}

// plan is what a till does with a customer.
type plan struct {
	name  string
	calls []call
	// again: the till sends everything again when a call is lost; else the customer leaves, and nobody asks again.
	again bool
	// want is the state of the only claim in the end; none at all may be left where the customer leaves.
	want surprisev1.ClaimState
}

type call func(ctx context.Context, p *process, v *visit) (*surprisev1.Claim, error)

func claim(ctx context.Context, p *process, v *visit) (*surprisev1.Claim, error) {
	res, err := p.claims.Claim(ctx, &surprisev1.ClaimRequest{OfferToken: v.offer.GetToken(), CustomerId: v.customer})
	return res.GetClaim(), err
}

func confirm(ctx context.Context, p *process, v *visit) (*surprisev1.Claim, error) {
	res, err := p.claims.Confirm(ctx, &surprisev1.ConfirmRequest{ClaimId: v.offer.GetClaimId()})
	return res.GetClaim(), err
}

func cancel(ctx context.Context, p *process, v *visit) (*surprisev1.Claim, error) {
	res, err := p.claims.Cancel(ctx, &surprisev1.CancelRequest{ClaimId: v.offer.GetClaimId(), Reason: surprisev1.CancelReason_MISTAKE})
	return res.GetClaim(), err
}

func deliver(ctx context.Context, p *process, v *visit) (*surprisev1.Claim, error) {
	res, err := p.claims.RecordDelivery(ctx, &surprisev1.RecordDeliveryRequest{
		DeliveryId: "delivery-" + v.customer, CustomerId: v.customer, Template: "piece", Level: "piece", Channel: surprisev1.Channel_POS, Store: v.store,
	})
	return res.GetClaim(), err
}

func plans() []plan {
	return []plan{
		{name: "claim and confirm", calls: []call{claim, confirm}, again: true, want: surprisev1.ClaimState_CONFIRMED},
		{name: "claim and cancel", calls: []call{claim, cancel}, again: true, want: surprisev1.ClaimState_CANCELLED},
		{name: "claim and leave", calls: []call{claim}, want: surprisev1.ClaimState_EXPIRED},
		{name: "deliver", calls: []call{deliver}, again: true, want: surprisev1.ClaimState_CONFIRMED},
	}
}

// killing is a program that is killed again and again, on one store.
type killing struct {
	*testing.T
	program, url string
	visits       []*visit
	kills        map[string]int // by step
}

func TestKillAtEachStep(t *testing.T) {
	t.Parallel()
	program := build(t)
	steps := []string{ledger.StepBefore, ledger.StepAfter}
	for name, url := range map[string]func(t *testing.T) string{
		"bolt":  func(t *testing.T) string { return "bolt:" + filepath.Join(t.TempDir(), "faults.db") },
		"redis": func(t *testing.T) string { return ledgertest.Redis(t) + "/0" },
	} {
		t.Run(name, func(t *testing.T) { killAt(t, name, program, url(t), steps) })
	}
	t.Run("cluster", func(t *testing.T) {
		killAt(t, "cluster", program, ledgertest.Cluster(t).URL(), append(steps, ledger.StepReserved, ledger.StepRecorded, ledger.StepSettled))
	})
}

// killAt kills the program whenever any plan gets to any of the steps.
func killAt(t *testing.T, name, program, url string, steps []string) {
	k := &killing{T: t, program: program, url: url, kills: map[string]int{}}
	began := time.Now()
	for _, step := range steps {
		for k.kills[step] < soak(1, 1000) {
			for _, plan := range plans() {
				for n := 1; k.round(plan, step, n); n++ {
					k.kills[step]++
				}
			}
		}
	}
	took := time.Since(began)
	given := k.check()
	if t.Failed() {
		return
	}
	t.Logf("figure kill -9 at each step: %s, %v kills in %.1f s, %d visits, %d given: 0 lost, 0 doubles, all units back as of hold + 60 s",
		name, k.kills, took.Seconds(), len(k.visits), given)
}

// round reports whether the program was killed at the step: with a great n the plan ends before.
func (k *killing) round(plan plan, step string, n int) (killed bool) {
	k.Helper()
	v := k.visit(plan)
	where := fmt.Sprintf("%s, killed at %s:%d, %s", plan.name, step, n, v.customer)
	p := start(k.T, k.program, k.url, step, n)
	defer p.kill()
	if err := p.offer(k.Context(), v); err != nil {
		k.Fatalf("%s: %v", where, err)
	}
	told, killed := k.until(p, v, where)
	if killed && plan.again {
		fresh := start(k.T, k.program, k.url, "", 0)
		defer fresh.kill()
		k.again(fresh, v, told, where)
	}
	return killed
}

// visit is that of another customer.
func (k *killing) visit(plan plan) *visit {
	v := &visit{customer: fmt.Sprint("customer-", len(k.visits)), store: fmt.Sprint("store-", len(k.visits)/50), plan: plan}
	k.visits = append(k.visits, v)
	return v
}

// until goes on until the program stops, and kills it there. Told are the answers that arrived.
func (k *killing) until(p *process, v *visit, where string) (told []*surprisev1.Claim, killed bool) {
	k.Helper()
	done := make(chan error, 1)
	go func() {
		var err error
		told, err = p.run(k.Context(), v, v.plan.calls, 1)
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			k.Fatalf("%s: %v; %s", where, err, p.stderr.String())
		}
		return told, false
	case <-p.paused:
		p.kill()
		if err := <-done; err == nil {
			k.Fatalf("%s: it answered after it had stopped", where)
		}
		return told, true
	case <-time.After(patience):
		k.Fatalf("%s: nothing happens; %s", where, p.stderr.String())
		return nil, false
	}
}

// run makes the calls of a plan, each of them so many times in a row, and returns their answers, up to the first that fails.
func (p *process) run(ctx context.Context, v *visit, calls []call, times int) (told []*surprisev1.Claim, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for i := range times * len(calls) {
		c, err := calls[i/times](ctx, p, v)
		if err != nil {
			return told, err
		}
		told = append(told, c)
	}
	return told, nil
}

// again sends the call that was lost, and what follows, to a fresh program, each twice: the second answer is the first, and all are about the one
// claim.
func (k *killing) again(p *process, v *visit, told []*surprisev1.Claim, where string) {
	k.Helper()
	answers, err := p.run(k.Context(), v, v.plan.calls[len(told):], 2)
	if err != nil {
		k.Fatalf("%s: sent again: %v", where, err)
	}
	for i := 0; i < len(answers); i += 2 {
		if !proto.Equal(answers[i], answers[i+1]) {
			k.Errorf("%s: sent again it answers %v, and then %v", where, answers[i], answers[i+1])
		}
	}
	if last := answers[len(answers)-1]; last.GetState() != v.plan.want {
		k.Errorf("%s: in the end it is %v", where, last)
	}
	for _, c := range append(told, answers...) {
		if !same(c, answers[0]) {
			k.Errorf("%s: one answer is %v, and another %v", where, c, answers[0])
		}
	}
}

// same compares what no later call changes.
func same(a, b *surprisev1.Claim) bool {
	gone := a.GetState() == surprisev1.ClaimState_CANCELLED || b.GetState() == surprisev1.ClaimState_CANCELLED // and its number too
	return (gone || a.GetSerial() == b.GetSerial()) && a.GetClaimId() == b.GetClaimId() &&
		a.GetTemplate() == b.GetTemplate() && proto.Equal(a.GetCreated(), b.GetCreated())
}
